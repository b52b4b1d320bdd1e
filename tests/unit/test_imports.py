"""The shape of the package: no two modules import each other, by whatever way round, nor for types alone."""

from __future__ import annotations

import grimp
import networkx


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Floors are import-linter's; this holds inside of each floor too."""
    found = grimp.build_graph("raabta", cache_dir=None)
    graph = networkx.DiGraph(
        (module, other)
        for module in found.modules
        for other in found.find_modules_directly_imported_by(module)
    )
    assert graph.number_of_edges() > 1_000
    circles = [sorted(each) for each in networkx.strongly_connected_components(graph) if len(each) > 1]
    assert circles == []
