"""Raabta plans, simulates and operates satellite connectivity: one scenario in, who is served out."""
