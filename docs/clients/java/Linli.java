import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Reference client of the exchange 数据交换参考客户端: pulls, keeps, proves that it is whole.
 * Needs nothing but a JDK, 17 or later. What it does is told in docs/exchange.md.
 *
 * <pre>
 * export LINLI_APP_KEY=portal-demo LINLI_SECRET=…
 * java docs/clients/java/Linli.java pull store https://linli.example/registry offering venue
 * java docs/clients/java/Linli.java prove store https://linli.example/registry offering venue
 * java docs/clients/java/Linli.java vectors docs/signing-vectors.json docs/webhook-vectors.json
 * </pre>
 *
 * {@code pull} brings every kind to the end and keeps a file for each in the directory {@code
 * store}; {@code prove} does so too, compares the digests of what is held with those of the
 * service, and exits with 0 when all are equal, else with 1. The records themselves are handed to
 * {@link Store#put}: that is where a portal writes them to its own database. Who is told by webhooks
 * asks {@link Hook#verdict} first whether a message is genuine, then {@link Message#effect} what to
 * do with it.
 */
public final class Linli {

  // Signing 签名 ----------------------------------------------------------------------------------

  /** What is signed, and by whom. */
  record Call(
      String verb, String path, String query, byte[] body, String method, String appKey,
      long timestamp, String nonce) {

    /** The text that is signed: seven lines. */
    String canonical() {
      var segments = Arrays.stream(path.split("/", -1)).map(Linli::encode);
      var pairs = Arrays.stream(query.split("&")).filter(part -> !part.isEmpty());
      return String.join("\n",
          verb.toUpperCase(),
          segments.collect(Collectors.joining("/")),
          pairs.map(Linli::pair).sorted(Linli::inOrder)
              .map(pair -> pair[0] + "=" + pair[1]).collect(Collectors.joining("&")),
          hex(hash(body)), appKey, Long.toString(timestamp), nonce);
    }

    /** The value of X-Sign: HMAC (RFC 2104). The text of the secret itself is the key. */
    String sign(String secret) {
      byte[] key = utf8(secret);
      byte[] block = Arrays.copyOf(key.length > 64 ? hash(key) : key, 64);
      byte[] inner = block.clone();
      byte[] outer = block.clone();
      for (int i = 0; i < 64; i++) {
        inner[i] ^= 0x36;
        outer[i] ^= 0x5c;
      }
      return hex(hash(joined(outer, hash(joined(inner, utf8(canonical()))))));
    }

    private byte[] hash(byte[] text) {
      return method.equals("HMAC-SM3") ? sm3(text) : sha256(text);
    }
  }

  static final List<String> HEADERS =
      List.of("X-App-Key", "X-Timestamp", "X-Nonce", "X-Sign-Method", "X-Sign");

  /** A webhook as it was registered. Its address is signed, whatever a proxy makes of it. */
  record Hook(String id, String secret, URI url) {

    private static final long WINDOW_MS = 5 * 60 * 1000;

    /**
     * Whether a message is "genuine", or else why it is not to be taken. The body is what came, byte
     * for byte. What to do with a genuine one, {@link Message#effect} tells.
     */
    String verdict(Function<String, String> header, byte[] body, long now) {
      List<String> told = HEADERS.stream().map(header).map(v -> v == null ? "" : v).toList();
      String method = told.get(3);
      if (told.get(2).isEmpty() || told.get(4).isEmpty() || !told.get(1).matches("[0-9]{13}")
          || !List.of("HMAC-SM3", "HMAC-SHA256").contains(method)) {
        return "unsigned";
      }
      if (!told.get(0).equals(id)) {
        return "not-ours";
      }
      long timestamp = Long.parseLong(told.get(1));
      if (Math.abs(now - timestamp) > WINDOW_MS) {
        return "stale";
      }
      String path = url.getRawPath().isEmpty() ? "/" : url.getRawPath();
      String query = url.getRawQuery() == null ? "" : url.getRawQuery();
      var call = new Call("POST", path, query, body, method, id, timestamp, told.get(2));
      boolean isSo = MessageDigest.isEqual(utf8(call.sign(secret)), utf8(told.get(4)));
      return isSo ? "genuine" : "forged";
    }
  }

  /** What a message begins with: its place in the order of all messages of a webhook. */
  record Message(long number, long course, boolean isReset) {

    private static final Pattern START = Pattern.compile(
        "\\{\"kind\":\"[^\"]*\",\"change_number\":(\\d+)(?:,\"epoch\":\"[^\"]*\",\"course\":(\\d+))?"
            + "(,\"reset\":\"[^\"]*\")?,\"row_guid\":.*", Pattern.DOTALL);

    static Message of(String body) {
      Matcher found = START.matcher(body);
      if (!found.matches()) {
        throw new IllegalArgumentException("not a message: " + body);
      }
      long course = found.group(2) == null ? 0 : Long.parseLong(found.group(2));
      return new Message(Long.parseLong(found.group(1)), course, found.group(3) != null);
    }

    /**
     * What a genuine message asks for: "empty" the resource, "take" its row, or nothing: "old".
     * {@code reset} is the course of the last reset that was taken, 0 before any; keep it with the
     * resource. {@code held} is the message with which the row was last taken, also when it was
     * deleted, or null.
     */
    String effect(long reset, Message held) {
      if (isReset) {
        return course > reset ? "empty" : "old";
      }
      boolean isBefore = held != null
          && (course < held.course || course == held.course && number < held.number);
      return course < reset || isBefore ? "old" : "take";
    }
  }

  /** All but A-Z a-z 0-9 - . _ ~ as %XX in upper case. */
  static String encode(String part) {
    String plain = URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8);
    return URLEncoder.encode(plain, StandardCharsets.UTF_8)
        .replace("+", "%20").replace("*", "%2A").replace("%7E", "~");
  }

  static String[] pair(String part) {
    String[] halves = part.replace("+", "%20").split("=", 2);
    return new String[] {encode(halves[0]), encode(halves.length > 1 ? halves[1] : "")};
  }

  static int inOrder(String[] a, String[] b) {
    int byName = a[0].compareTo(b[0]);
    return byName != 0 ? byName : a[1].compareTo(b[1]);
  }

  static byte[] sha256(byte[] text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text);
    } catch (java.security.NoSuchAlgorithmException absent) {
      throw new IllegalStateException(absent);
    }
  }

  /** SM3 by GB/T 32905-2016, which the JDK lacks. A portal may take Bouncy Castle's instead. */
  static byte[] sm3(byte[] text) {
    int[] v = {0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600,
        0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e};
    var padded = java.nio.ByteBuffer.allocate((text.length + 72) / 64 * 64);
    padded.put(text).put((byte) 0x80).putLong(padded.capacity() - 8, 8L * text.length).rewind();
    int[] w = new int[68];
    while (padded.hasRemaining()) {
      for (int j = 0; j < 68; j++) {
        w[j] = j < 16 ? padded.getInt()
            : p1(w[j - 16] ^ w[j - 9] ^ rotate(w[j - 3], 15)) ^ rotate(w[j - 13], 7) ^ w[j - 6];
      }
      int[] r = v.clone();
      for (int j = 0; j < 64; j++) {
        int turned = rotate(r[0], 12);
        int ss1 = rotate(turned + r[4] + rotate(j < 16 ? 0x79cc4519 : 0x7a879d8a, j % 32), 7);
        int ff = j < 16 ? r[0] ^ r[1] ^ r[2] : r[0] & r[1] | r[0] & r[2] | r[1] & r[2];
        int gg = j < 16 ? r[4] ^ r[5] ^ r[6] : r[4] & r[5] | ~r[4] & r[6];
        int tt1 = ff + r[3] + (ss1 ^ turned) + (w[j] ^ w[j + 4]);
        int tt2 = gg + r[7] + ss1 + w[j];
        r = new int[] {tt1, r[0], rotate(r[1], 9), r[2],
            tt2 ^ rotate(tt2, 9) ^ rotate(tt2, 17), r[4], rotate(r[5], 19), r[6]};
      }
      for (int i = 0; i < 8; i++) {
        v[i] ^= r[i];
      }
    }
    var digest = java.nio.ByteBuffer.allocate(32);
    Arrays.stream(v).forEach(digest::putInt);
    return digest.array();
  }

  private static int rotate(int word, int by) {
    return Integer.rotateLeft(word, by);
  }

  private static int p1(int word) {
    return word ^ rotate(word, 15) ^ rotate(word, 23);
  }

  // Calls 调用 ------------------------------------------------------------------------------------

  static final Set<Integer> LATER = Set.of(429, 502, 503, 504);

  /** Signed calls to one service. One that is busy or does not answer is asked again. */
  record Api(HttpClient http, String base, String appKey, String secret, String method) {

    HttpResponse<String> get(String path, String query) throws IOException, InterruptedException {
      for (int attempt = 0; attempt < 8; attempt++) {
        String told = "1";
        try {
          HttpResponse<String> answer = once(path, query);
          if (!LATER.contains(answer.statusCode())) {
            return answer;
          }
          told = answer.headers().firstValue("Retry-After").orElse(told);
        } catch (IOException broken) {
          // no connection, or one that broke: as if it were busy
        }
        Thread.sleep(1000 * Math.min(60, Long.parseLong(told)) + 100L * attempt);
      }
      throw new IOException(base + path + " stays busy");
    }

    /** One attempt, with a timestamp and a nonce of its own. */
    private HttpResponse<String> once(String path, String query)
        throws IOException, InterruptedException {
      byte[] random = new byte[18];
      new SecureRandom().nextBytes(random);
      String nonce = Base64.getUrlEncoder().withoutPadding().encodeToString(random);
      String target = URI.create(base).getPath() + path;
      var call = new Call(
          "GET", target, query, new byte[0], method, appKey, System.currentTimeMillis(), nonce);
      var address = URI.create(base + path + (query.isEmpty() ? "" : "?" + query));
      var request = HttpRequest.newBuilder(address).timeout(Duration.ofSeconds(60))
          .header("X-App-Key", appKey)
          .header("X-Timestamp", Long.toString(call.timestamp()))
          .header("X-Nonce", nonce)
          .header("X-Sign-Method", method)
          .header("X-Sign", call.sign(secret))
          .build();
      return http.send(request, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
    }
  }

  static String accepted(HttpResponse<String> answer) throws IOException {
    if (answer.statusCode() != 200) {
      throw new IOException(answer.statusCode() + ": " + answer.body());
    }
    return answer.body();
  }

  static String header(HttpResponse<String> answer, String name) {
    return answer.headers().firstValue(name).orElseThrow();
  }

  // What is held 本地库 ----------------------------------------------------------------------------

  /** A row as it was sent: columns of it, the text of the record, and the whole line. */
  record Row(
      String guid, String operation, String time, String area, String sum, String data,
      String line) {

    private static final Pattern LINE = Pattern.compile(
        "\\{\"row_guid\":\"([^\"]*)\",\"cd_operation\":\"([IUD])\",\"cd_time\":\"([^\"]*)\","
            + "\"cd_batch\":\"[^\"]*\",\"data_source\":\"[^\"]*\",\"cd_area\":(?:null|\"([^\"]*)\"),"
            + "\"cd_sm3\":(?:null|\"([^\"]*)\"),\"data\":(.*)\\}", Pattern.DOTALL);

    /** Throws when a byte of the record is not what its digest says. */
    static Row of(String line) {
      Matcher found = LINE.matcher(line);
      if (!found.matches()) {
        throw new IllegalArgumentException("not a row: " + line);
      }
      String area = found.group(4) == null ? "" : found.group(4);
      var row = new Row(found.group(1), found.group(2), found.group(3), area, found.group(5),
          found.group(6), line);
      if (!row.isDeleted() && !hex(sm3(utf8(row.data))).equals(row.sum)) {
        throw new IllegalArgumentException(row.guid + " is not what its digest says");
      }
      return row;
    }

    boolean isDeleted() {
      return operation.equals("D");
    }
  }

  /**
   * What one kind holds and where it stands: a journal of rows as they were sent. A batch is
   * appended with its cursor as the closing line, and counts once that line stands; what follows
   * the last one was cut off, and comes again.
   */
  static final class Store {
    private static final Pattern CLOSING =
        Pattern.compile("\\{\"cursor\":\"([^\"]*)\",\"batch\":\"([^\"]*)\"\\}");

    String cursor = "";
    String batch = "";
    private final TreeMap<String, Row> rows = new TreeMap<>();
    private final Path path;
    private int kept;

    Store(Path directory, String kind) throws IOException {
      Files.createDirectories(directory);
      path = directory.resolve(kind + ".ndjson");
      if (!Files.exists(path)) {
        return;
      }
      String[] lines = new String(Files.readAllBytes(path), StandardCharsets.UTF_8).split("\n", -1);
      List<String> open = new ArrayList<>();
      for (String line : Arrays.copyOf(lines, lines.length - 1)) {
        Matcher closing = CLOSING.matcher(line);
        if (closing.matches()) {
          take(open.stream().map(Row::of).toList(), closing.group(1), closing.group(2));
          open.clear();
        } else {
          open.add(line);
        }
      }
      if (!open.isEmpty() || !lines[lines.length - 1].isEmpty()) {
        compact();
      }
    }

    /** Begin again with nothing. */
    void forget() throws IOException {
      rows.clear();
      cursor = "";
      batch = "";
      compact();
    }

    /** Insert and update alike write over {@code row_guid}: a portal has its own table here. */
    void put(Row row) {
      if (row.isDeleted()) {
        rows.remove(row.guid());
      } else {
        rows.put(row.guid(), row);
      }
    }

    /** A batch: one append, whatever is held already. */
    void write(List<String> lines, String nextCursor, String lastBatch) throws IOException {
      List<Row> checked = lines.stream().map(Row::of).toList();
      Files.writeString(path, text(lines, nextCursor, lastBatch),
          StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      take(checked, nextCursor, lastBatch);
    }

    /** At the end of a pull: forget what was written over, once it is more than what is held. */
    void tidy() throws IOException {
      if (kept > 2 * rows.size()) {
        compact();
      }
    }

    private void take(List<Row> batchRows, String nextCursor, String lastBatch) {
      batchRows.forEach(this::put);
      kept += batchRows.size();
      cursor = nextCursor;
      batch = lastBatch;
    }

    private void compact() throws IOException {
      Path draft = path.resolveSibling(path.getFileName() + ".new");
      Files.writeString(draft, text(rows.values().stream().map(Row::line).toList(), cursor, batch));
      Files.move(draft, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      kept = rows.size();
    }

    private static String text(List<String> lines, String cursor, String batch) {
      var whole = new StringBuilder();
      lines.forEach(line -> whole.append(line).append('\n'));
      whole.append("{\"cursor\":\"" + cursor + "\",\"batch\":\"" + batch + "\"}\n");
      return whole.toString();
    }

    int size() {
      return rows.size();
    }

    /** What is held, summed up as the service sums it up: by day and area. */
    Map<String, String> cells(int digits) {
      Map<String, List<String>> lines = new HashMap<>();
      rows.forEach((guid, row) -> {
        String area = row.area().substring(0, Math.min(digits, row.area().length()));
        lines.computeIfAbsent(row.time().substring(0, 10) + "," + area, cell -> new ArrayList<>())
            .add(guid + "," + row.sum() + "\n");
      });
      Map<String, String> summed = new HashMap<>();
      lines.forEach((cell, each) ->
          summed.put(cell, each.size() + "," + hex(sm3(utf8(String.join("", each))))));
      return summed;
    }
  }

  // The work 拉取与对账 ---------------------------------------------------------------------------

  /** Everything from where the store stands to the end; how many rows that were. */
  static int pull(Api api, Store store, String kind) throws IOException, InterruptedException {
    int count = 0;
    while (true) {
      String from = store.cursor.isEmpty() ? "" : "&cursor=" + store.cursor;
      var answer = api.get("/exchange/v1/" + kind, "format=ndjson&limit=1000" + from);
      if (answer.statusCode() == 410) {
        store.forget(); // restored, or away for too long: begin again
        continue;
      }
      List<String> lines =
          Arrays.stream(accepted(answer).split("\n")).filter(line -> !line.isEmpty()).toList();
      store.write(lines, header(answer, "X-Next-Cursor"), header(answer, "X-Batch"));
      count += lines.size();
      if (!header(answer, "X-Has-More").equals("true")) {
        store.tidy();
        return count;
      }
    }
  }

  private static final Pattern CELL = Pattern.compile(
      "\\{\"on\":\"([^\"]*)\",\"area\":\"([^\"]*)\",\"count\":(\\d+),\"sm3\":\"([^\"]*)\"\\}");

  private static final Pattern DIGITS = Pattern.compile("\"digits\":(\\d+)");

  /** Pull until the store stands where the service stands; the cells that differ then. */
  static List<String> reconcile(Api api, Store store, String kind)
      throws IOException, InterruptedException {
    for (int round = 0; round < 20; round++) {
      pull(api, store, kind);
      String told = accepted(api.get("/exchange/v1/" + kind + "/digests", ""));
      if (told.contains("\"at\":\"" + store.batch + "\"")) {
        Map<String, String> theirs = new HashMap<>();
        Matcher cell = CELL.matcher(told);
        while (cell.find()) {
          theirs.put(cell.group(1) + "," + cell.group(2), cell.group(3) + "," + cell.group(4));
        }
        Matcher digits = DIGITS.matcher(told);
        if (!digits.find()) {
          throw new IOException("the answer does not say by how many digits its cells go");
        }
        Map<String, String> ours = store.cells(Integer.parseInt(digits.group(1)));
        var all = new TreeSet<>(ours.keySet());
        all.addAll(theirs.keySet());
        all.removeIf(each -> ours.getOrDefault(each, "").equals(theirs.get(each)));
        return List.copyOf(all);
      }
      Thread.sleep(200);
    }
    return List.of(kind + ": the service never stood still");
  }

  // Command line 命令行 -----------------------------------------------------------------------------

  public static void main(String[] arguments) throws IOException, InterruptedException {
    System.setOut(new java.io.PrintStream(System.out, true, StandardCharsets.UTF_8));
    if (arguments.length > 1 && arguments[0].equals("vectors")) {
      int wrong = 0;
      for (String path : List.of(arguments).subList(1, arguments.length)) {
        wrong = Math.max(wrong, vectors(Files.readString(Path.of(path))));
      }
      System.exit(wrong);
    }
    if (arguments.length < 4 || !List.of("pull", "prove").contains(arguments[0])) {
      System.err.println("usage: Linli.java pull|prove STORE BASE KIND… | vectors FILE…");
      System.exit(2);
    }
    var settings = System.getenv();
    var api = new Api(HttpClient.newHttpClient(), arguments[2].replaceAll("/$", ""),
        settings.get("LINLI_APP_KEY"), settings.get("LINLI_SECRET"),
        settings.getOrDefault("LINLI_SIGN_METHOD", "HMAC-SM3"));
    int worst = 0;
    for (String kind : List.of(arguments).subList(3, arguments.length)) {
      var store = new Store(Path.of(arguments[1]), kind);
      if (arguments[0].equals("pull")) {
        System.out.println(kind + " " + pull(api, store, kind) + " rows");
        continue;
      }
      List<String> wrong = reconcile(api, store, kind);
      System.out.println(kind + " " + store.size() + (wrong.isEmpty() ? " equal" : " differs"));
      wrong.forEach(line -> System.out.println("  " + line));
      worst = Math.max(worst, wrong.isEmpty() ? 0 : 1);
    }
    System.exit(worst);
  }

  private static final Pattern FIELD =
      Pattern.compile("\"(\\w+)\":\\s*(?:\"((?:[^\"\\\\]|\\\\.)*)\"|(\\d+))");

  /** Check this client against published vectors: a flat list of objects of text and numbers. */
  static int vectors(String json) {
    List<Map<String, String>> known = new ArrayList<>();
    Matcher found = FIELD.matcher(json);
    while (found.find()) {
      if (found.group(1).equals("name")) {
        known.add(new HashMap<>());
      }
      String text = found.group(2) == null ? found.group(3) : found.group(2);
      known.get(known.size() - 1).put(found.group(1),
          text.replace("\\n", "\n").replace("\\\"", "\"").replace("\\\\", "\\"));
    }
    long holding = known.stream().filter(Linli::holds).count();
    System.out.println(holding + " of " + known.size() + " vectors hold");
    return holding == known.size() ? 0 : 1;
  }

  private static boolean holds(Map<String, String> vector) {
    byte[] body = utf8(vector.get("body"));
    if (vector.containsKey("effect")) {
      var held = vector.containsKey("held_course")
          ? new Message(Long.parseLong(vector.get("held_number")),
              Long.parseLong(vector.get("held_course")), false)
          : null;
      long reset = Long.parseLong(vector.get("course"));
      return Message.of(vector.get("body")).effect(reset, held).equals(vector.get("effect"));
    }
    if (vector.containsKey("verdict")) {
      var names = List.of("app_key", "timestamp", "nonce", "method", "sign");
      var hook = new Hook(
          vector.get("hook"), vector.get("secret"), URI.create(vector.get("url")));
      String found = hook.verdict(name -> vector.get(names.get(HEADERS.indexOf(name))), body,
          Long.parseLong(vector.get("now")));
      return found.equals(vector.get("verdict"));
    }
    var call = new Call(vector.get("verb"), vector.get("path"), vector.get("query"),
        body, vector.get("method"), vector.get("app_key"),
        Long.parseLong(vector.get("timestamp")), vector.get("nonce"));
    return call.canonical().equals(vector.get("canonical"))
        && call.sign(vector.get("secret")).equals(vector.get("sign"));
  }

  // Bytes 字节 ------------------------------------------------------------------------------------

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  static byte[] joined(byte[] head, byte[] tail) {
    byte[] both = Arrays.copyOf(head, head.length + tail.length);
    System.arraycopy(tail, 0, both, head.length, tail.length);
    return both;
  }

  private Linli() {}
}
