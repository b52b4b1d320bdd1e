"""How is work cut, run, kept and resumed? Knows nothing of satellites."""
