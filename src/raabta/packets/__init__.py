"""Down to packets: what a run says of a connection, as real traffic between two namespaces or in ns-3."""
