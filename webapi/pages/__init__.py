"""Pages to look at, made on the server: readable without JavaScript, charts as SVG, each with its table."""
