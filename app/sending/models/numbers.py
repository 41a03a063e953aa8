"""The type of the ledger's running numbers."""

from sqlalchemy import BigInteger, Integer

#: Numbers of the ledger: narrow rows, cheap indexes. INTEGER on SQLite is 64 bits too.
Number = BigInteger().with_variant(Integer, "sqlite")
