"""Pages beside the graph, for people who are not signed in: share pages, oEmbed, feeds, short links, sitemap."""
