"""Networks whose links come and go: ways over a contact plan, store and forward, bundles."""
