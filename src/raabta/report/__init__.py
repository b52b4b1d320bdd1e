"""How is it shown? Reads only what was stored, never calls a kernel."""
