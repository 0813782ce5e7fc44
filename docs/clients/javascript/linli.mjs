/*
 * Reference client of the exchange 数据交换参考客户端: pulls, keeps, proves that it is whole.
 * Needs nothing but Node 18 or later. What it does is told in docs/exchange.md.
 *
 *   export LINLI_APP_KEY=portal-demo LINLI_SECRET=…
 *   node docs/clients/javascript/linli.mjs pull store https://linli.example/registry offering venue
 *   node docs/clients/javascript/linli.mjs prove store https://linli.example/registry offering venue
 *   node docs/clients/javascript/linli.mjs vectors docs/signing-vectors.json docs/webhook-vectors.json
 *
 * `pull` brings every kind to the end and keeps a file for each in the directory `store`. `prove`
 * does so too, compares the digests of what is held with those of the service, and exits with 0
 * when all are equal, else with 1. Who is told by webhooks asks `verdict` first whether a message is
 * genuine, then `effect` what to do with it.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

// Signing 签名 ------------------------------------------------------------------------------------

const hashOf = (method) => (method === "HMAC-SM3" ? "sm3" : "sha256");
const digest = (hash, text) => createHash(hash).update(text).digest("hex");

/** All but A-Z a-z 0-9 - . _ ~ as %XX in upper case. */
function encode(text) {
  const odd = (sign) => "%" + sign.charCodeAt(0).toString(16).toUpperCase();
  return encodeURIComponent(decodeURIComponent(text)).replace(/[!'()*]/g, odd);
}

function pair(part) {
  const [name, ...value] = part.replaceAll("+", " ").split("=");
  return [encode(name), encode(value.join("="))];
}

const order = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

/** The text that is signed: seven lines. */
export function canonical(call) {
  const path = call.path.split("/").map(encode).join("/");
  const query = call.query
    .split("&")
    .filter(Boolean)
    .map(pair)
    .sort(([a, x], [b, y]) => order(a, b) || order(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
  const body = digest(hashOf(call.method), call.body);
  const who = [call.app_key, String(call.timestamp), call.nonce];
  return [call.verb.toUpperCase(), path, query, body, ...who].join("\n");
}

/** The value of X-Sign. The text of the secret itself is the key. */
export const sign = (call, secret) =>
  createHmac(hashOf(call.method), secret).update(canonical(call)).digest("hex");

const HEADERS = ["x-app-key", "x-timestamp", "x-nonce", "x-sign-method", "x-sign"];
const METHODS = ["HMAC-SM3", "HMAC-SHA256"];
const WINDOW_MS = 5 * 60 * 1000;

/**
 * Whether a message to a webhook is "genuine", or else why it is not to be taken. `headers` as Node
 * has them, in lower case; `body` as it came, byte for byte; `hook` as it was registered: its
 * address is signed, whatever a proxy makes of it. What to do with a genuine one, `effect` tells.
 */
export function verdict(headers, body, { id, secret, url }, now = Date.now()) {
  const [app_key, timestamp, nonce, method, told] = HEADERS.map((name) => headers[name] ?? "");
  const isWhole = nonce && told && /^[0-9]{13}$/.test(timestamp) && METHODS.includes(method);
  if (!isWhole) return "unsigned";
  if (app_key !== id) return "not-ours";
  if (Math.abs(now - Number(timestamp)) > WINDOW_MS) return "stale";
  const { pathname: path, search } = new URL(url);
  const who = { method, app_key, timestamp, nonce };
  const call = { verb: "POST", path, query: search.slice(1), body, ...who };
  const [made, shown] = [sign(call, secret), told].map((text) => Buffer.from(text));
  const isSo = made.length === shown.length && timingSafeEqual(made, shown);
  return isSo ? "genuine" : "forged";
}

/**
 * What a genuine message asks for: "empty" the resource, "take" its row, or nothing: "old". `course`
 * is that of the last reset that was taken, 0 before any; keep it with the resource. `held` is
 * [course, change_number] with which the row was last taken, also when it was deleted.
 */
export function effect(message, course, held = null) {
  const at = message.course ?? 0;
  if (message.reset) return at > course ? "empty" : "old";
  const isBefore = held && (order(at, held[0]) || order(message.change_number, held[1])) < 0;
  return at < course || isBefore ? "old" : "take";
}

// Calls 调用 --------------------------------------------------------------------------------------

const pause = (seconds) => new Promise((resume) => setTimeout(resume, seconds * 1000));

const LATER = [429, 502, 503, 504];

/** Signed calls to one service. One that is busy or does not answer is asked again. */
class Api {
  constructor(base, appKey, secret, method = "HMAC-SM3") {
    Object.assign(this, { base: base.replace(/\/$/, ""), appKey, secret, method });
  }

  async get(path, query = {}) {
    for (let attempt = 0; attempt < 8; attempt++) {
      const asked = this.#once(path, new URLSearchParams(query).toString());
      const answer = await asked.catch(() => null); // no connection, or one that broke
      if (answer && !LATER.includes(answer.status)) return answer;
      const told = answer?.headers.get("Retry-After") ?? 1;
      await pause(Math.min(60, Number(told)) + attempt / 10);
    }
    throw new Error(`${this.base}${path} stays busy`);
  }

  /** One attempt, with a timestamp and a nonce of its own. */
  async #once(path, query) {
    const call = {
      verb: "GET",
      path: new URL(this.base).pathname.replace(/\/$/, "") + path,
      query,
      body: "",
      method: this.method,
      app_key: this.appKey,
      timestamp: Date.now(),
      nonce: randomBytes(18).toString("base64url"),
    };
    const headers = {
      "X-App-Key": this.appKey,
      "X-Timestamp": String(call.timestamp),
      "X-Nonce": call.nonce,
      "X-Sign-Method": this.method,
      "X-Sign": sign(call, this.secret),
    };
    const answer = await fetch(`${this.base}${path}${query && "?" + query}`, { headers });
    return { status: answer.status, headers: answer.headers, body: await answer.text() };
  }
}

function accepted(answer) {
  if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.body}`);
  return answer.body;
}

// What is held 本地库 ------------------------------------------------------------------------------

const CLOSING = '{"cursor":';

/**
 * The records of one kind with the place they stand at: a journal of rows as they were sent. A
 * batch is appended with its cursor as the closing line, and counts once that line stands; what
 * follows the last one was cut off, and comes again.
 */
class Store {
  constructor(directory, kind) {
    mkdirSync(directory, { recursive: true });
    this.path = join(directory, `${kind}.ndjson`);
    Object.assign(this, { cursor: "", batch: "", rows: new Map(), kept: 0 });
    if (!existsSync(this.path)) return;
    const lines = readFileSync(this.path, "utf8").split("\n");
    const cut = lines.pop();
    let open = [];
    for (const line of lines) {
      if (line.startsWith(CLOSING)) {
        this.#take(open.map(rowOf), JSON.parse(line));
        open = [];
      } else open.push(line);
    }
    if (open.length || cut) this.#compact();
  }

  /** Begin again with nothing. */
  forget() {
    this.rows.clear();
    Object.assign(this, { cursor: "", batch: "" });
    this.#compact();
  }

  /** A batch: one append, whatever is held already. */
  write(lines, cursor, batch) {
    const rows = lines.map(rowOf);
    appendFileSync(this.path, [...lines, JSON.stringify({ cursor, batch }), ""].join("\n"));
    this.#take(rows, { cursor, batch });
  }

  /** At the end of a pull: forget what was written over, once it is more than what is held. */
  tidy() {
    if (this.kept > 2 * this.rows.size) this.#compact();
  }

  #take(rows, place) {
    for (const row of rows) {
      if (row.cd_operation === "D") this.rows.delete(row.row_guid);
      else this.rows.set(row.row_guid, row);
    }
    this.kept += rows.length;
    Object.assign(this, place);
  }

  #compact() {
    const { cursor, batch } = this;
    const lines = [...this.rows.values()].map((row) => row.line);
    const text = [...lines, JSON.stringify({ cursor, batch }), ""].join("\n");
    writeFileSync(`${this.path}.new`, text);
    renameSync(`${this.path}.new`, this.path);
    this.kept = lines.length;
  }

  /** What is held, summed up as the service sums it up: by day and area. */
  cells(digits) {
    const lines = new Map();
    for (const guid of [...this.rows.keys()].sort(order)) {
      const row = this.rows.get(guid);
      const cell = `${row.cd_time.slice(0, 10)},${(row.cd_area ?? "").slice(0, digits)}`;
      if (!lines.has(cell)) lines.set(cell, []);
      lines.get(cell).push(`${guid},${row.cd_sm3}\n`);
    }
    const summed = ([cell, each]) => [cell, `${each.length},${digest("sm3", each.join(""))}`];
    return new Map([...lines].map(summed));
  }
}

/** A row with the text of its record as it was sent; throws when a byte of it is not right. */
function rowOf(line) {
  const row = JSON.parse(line);
  row.line = line;
  row.data = line.slice(line.indexOf('"data":') + 7, -1);
  if (row.cd_operation !== "D" && digest("sm3", row.data) !== row.cd_sm3)
    throw new Error(`${row.row_guid} is not what its digest says`);
  return row;
}

// The work 拉取与对账 -----------------------------------------------------------------------------

/** Everything from where the store stands to the end; how many rows that were. */
async function pull(api, store, kind) {
  let count = 0;
  for (;;) {
    const query = { format: "ndjson", limit: 1000, ...(store.cursor && { cursor: store.cursor }) };
    const answer = await api.get(`/exchange/v1/${kind}`, query);
    if (answer.status === 410) {
      store.forget(); // restored, or away for too long: begin again
      continue;
    }
    const lines = accepted(answer).split("\n").filter(Boolean);
    store.write(lines, answer.headers.get("X-Next-Cursor"), answer.headers.get("X-Batch"));
    count += lines.length;
    if (answer.headers.get("X-Has-More") !== "true") {
      store.tidy();
      return count;
    }
  }
}

/** Pull until the store stands where the service stands; the cells that differ then. */
async function reconcile(api, store, kind) {
  for (let round = 0; round < 20; round++) {
    await pull(api, store, kind);
    const told = JSON.parse(accepted(await api.get(`/exchange/v1/${kind}/digests`)));
    if (told.at === store.batch) {
      const theirs = new Map(told.cells.map((c) => [`${c.on},${c.area}`, `${c.count},${c.sm3}`]));
      const ours = store.cells(told.digits);
      const all = [...new Set([...ours.keys(), ...theirs.keys()])].sort(order);
      return all.filter((cell) => ours.get(cell) !== theirs.get(cell));
    }
    await pause(0.2);
  }
  return [`${kind}: the service never stood still`];
}

// Command line 命令行 -------------------------------------------------------------------------------

async function pulled(api, store, kind) {
  console.log(`${kind} ${await pull(api, store, kind)} rows`);
  return 0;
}

async function proved(api, store, kind) {
  const wrong = await reconcile(api, store, kind);
  console.log(`${kind} ${store.rows.size} ${wrong.length ? "differs" : "equal"}`);
  for (const line of wrong) console.log(`  ${line}`);
  return wrong.length ? 1 : 0;
}

/** Check this client against published vectors: of calls, or of webhooks. */
function vectors(path) {
  const known = JSON.parse(readFileSync(path, "utf8"));
  const count = known.filter(holds).length;
  console.log(`${count} of ${known.length} vectors hold`);
  return count === known.length ? 0 : 1;
}

function holds(vector) {
  if ("effect" in vector) {
    const { course, held_course, held_number } = vector;
    const held = held_course === undefined ? null : [held_course, held_number];
    return effect(JSON.parse(vector.body), course, held) === vector.effect;
  }
  if (!("verdict" in vector))
    return canonical(vector) === vector.canonical && sign(vector, vector.secret) === vector.sign;
  const { app_key, timestamp, nonce, method, sign: told } = vector;
  const values = [app_key, timestamp, nonce, method, told];
  const headers = Object.fromEntries(HEADERS.map((name, at) => [name, values[at]]));
  const hook = { id: vector.hook, secret: vector.secret, url: vector.url };
  return verdict(headers, Buffer.from(vector.body), hook, vector.now) === vector.verdict;
}

async function main([command, ...rest]) {
  if (command === "vectors" && rest.length) return Math.max(...rest.map(vectors));
  const [path, base, ...kinds] = rest;
  const work = { pull: pulled, prove: proved }[command];
  if (!work || !kinds.length) {
    console.error("usage: linli.mjs pull|prove STORE BASE KIND… | vectors FILE…");
    return 2;
  }
  const { LINLI_APP_KEY, LINLI_SECRET, LINLI_SIGN_METHOD } = process.env;
  const api = new Api(base, LINLI_APP_KEY, LINLI_SECRET, LINLI_SIGN_METHOD);
  let worst = 0;
  for (const kind of kinds) worst = Math.max(worst, await work(api, new Store(path, kind), kind));
  return worst;
}

const started = process.argv[1] && pathToFileURL(realpathSync(process.argv[1])).href;
if (started === import.meta.url) process.exitCode = await main(process.argv.slice(2));
