"""The plain assignment problem: satellites, users and interferers as points; who is served by which beam."""
