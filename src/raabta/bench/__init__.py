"""How fast each kernel and each whole step is, beside what a user would pick today."""
