"""Keys, field encryption, blind indexes, masking. SM3 and SM4 by pyca/cryptography."""
