"""The constellation as a mesh: lasers between satellites, links to the ground, ways over both."""
