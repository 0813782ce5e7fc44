"""Chinese text for search: folding, tokens for a `tsvector`, queries, readings in pinyin.

No extension of PostgreSQL is needed: the application makes the tokens (docs/decisions/0008).
Filling: `array_to_tsvector(tokens)`, or `vector_literal` where text is copied in. Asking:
`column @@ cast(query AS tsquery)`; never `to_tsvector` or `to_tsquery`, which would parse again.
"""

from common.text.asking import Ask as Ask
from common.text.asking import Either as Either
from common.text.asking import Every as Every
from common.text.asking import Groups as Groups
from common.text.asking import Token as Token
from common.text.asking import asked as asked
from common.text.asking import known_words as known_words
from common.text.asking import query as query
from common.text.folding import fold as fold
from common.text.folding import normalise as normalise
from common.text.indexing import run_tokens as run_tokens
from common.text.indexing import runs as runs
from common.text.indexing import tokens as tokens
from common.text.indexing import vector_literal as vector_literal
from common.text.pinyin import spell as spell
from common.text.thesaurus import synonyms as synonyms
