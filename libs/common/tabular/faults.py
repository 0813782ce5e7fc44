"""What can be wrong with a whole file: a slug that is contract, a sentence in two languages."""

from common.errors import Invalid, Text, TooLarge


class FileFault(Invalid):
    """The file cannot be read as a table."""

    slug = "file-unreadable"
    title = Text("文件无法读取", "The file cannot be read")


class FileTooLarge(TooLarge):
    """The upload is over the limit for files."""

    slug = "file-too-large"
    detail = Text(
        "文件超过上限 {limit_mib} MiB，请分成几个文件上传。",
        "The file is over the limit of {limit_mib} MiB; split it and upload the parts.",
    )


class EmptyFile(FileFault):
    """There is not one row."""

    slug = "file-empty"
    detail = Text("文件中没有内容。", "There is nothing in the file.")


class OldExcel(FileFault):
    """An .xls (or WPS .et) file, whatever its name says."""

    slug = "file-old-excel"
    detail = Text(
        "这是旧版 Excel（.xls）文件，改名并不改变其格式；请在 Excel 或 WPS 中“另存为” .xlsx。",
        "This is an old Excel file (.xls); a new name does not change that. Save it as .xlsx.",
    )


class EncryptedFile(FileFault):
    """The workbook opens only with a password."""

    slug = "file-encrypted"
    detail = Text(
        "文件设有打开密码，请取消密码后重新上传。",
        "The file is protected by a password; remove it and upload again.",
    )


class NotTable(FileFault):
    """Neither .xlsx nor text."""

    slug = "file-not-a-table"
    detail = Text(
        "文件既不是 .xlsx 也不是 .csv（{reason}）。",
        "The file is neither .xlsx nor .csv ({reason}).",
    )


class BrokenWorkbook(FileFault):
    """A zip file that is no intact workbook."""

    slug = "file-broken"
    detail = Text(
        "工作簿已损坏或不完整（{reason}），请用 Excel 或 WPS 打开并另存后再上传。",
        "The workbook is damaged or incomplete ({reason}); open it, save it anew, upload again.",
    )


class MacroWorkbook(FileFault):
    """The workbook carries macros."""

    slug = "file-has-macros"
    detail = Text(
        "工作簿含有宏，请另存为不含宏的 .xlsx。",
        "The workbook contains macros; save it as .xlsx without them.",
    )


class ZipBomb(FileFault):
    """Unpacking would cost far more than the file admits."""

    slug = "file-zip-bomb"
    detail = Text(
        "压缩内容异常（{reason}），为安全起见未解压。",
        "The compressed content is abnormal ({reason}); it was not unpacked.",
    )


class UnsafeXml(FileFault):
    """The XML declares a document type or entities."""

    slug = "file-unsafe-xml"
    detail = Text(
        "工作簿的 XML 含有文档类型或实体声明，可能是攻击，未予读取。",
        "The workbook's XML declares a document type or entities; it was not read.",
    )


class UnsafePath(FileFault):
    """An entry of the archive points outside it, or two share a name."""

    slug = "file-unsafe-path"
    detail = Text(
        "工作簿内含异常路径 {name}，未予读取。",
        "The workbook holds an abnormal path {name}; it was not read.",
    )


class TooManySheets(FileFault):
    """More sheets than we look at."""

    slug = "file-too-many-sheets"
    detail = Text(
        "工作表超过 {limit} 张，请只保留要导入的工作表。",
        "There are more than {limit} sheets; keep only the one to import.",
    )


class TooManyRows(FileFault):
    """More rows than one import takes."""

    slug = "file-too-many-rows"
    detail = Text(
        "数据超过 {limit} 行，请分成几个文件上传。",
        "There are more than {limit} rows; split the file.",
    )


class TooManyColumns(FileFault):
    """More columns than any template has."""

    slug = "file-too-many-columns"
    detail = Text(
        "第 {row} 行超过 {limit} 列，请删除多余的列。",
        "Row {row} has more than {limit} columns; delete those that are not needed.",
    )


class TooManyMerges(FileFault):
    """More merged ranges than can be reported sensibly."""

    slug = "file-too-many-merges"
    detail = Text(
        "合并单元格超过 {limit} 处，请取消合并后再上传。",
        "There are more than {limit} merged ranges; unmerge them and upload again.",
    )


class UnknownEncoding(FileFault):
    """Text in neither UTF-8 nor GB18030."""

    slug = "file-unknown-encoding"
    detail = Text(
        "文本编码既不是 UTF-8 也不是 GB18030（第 {offset} 字节起），请另存为“CSV UTF-8”。",
        "The text is neither UTF-8 nor GB18030 (from byte {offset}); save it as CSV UTF-8.",
    )


class BrokenCsv(FileFault):
    """Quotes that do not close, or a field without end."""

    slug = "file-broken-csv"
    detail = Text(
        "CSV 在第 {row} 行附近格式有误（引号未闭合或单元格过长）。",
        "The CSV is malformed near row {row} (a quote does not close, or a cell is too long).",
    )
