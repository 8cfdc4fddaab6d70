"""Draw tables and their foreign keys, with Graphviz, as SVG."""
