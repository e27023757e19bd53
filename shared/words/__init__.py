"""The words of `shared.wording`, a file a language."""
