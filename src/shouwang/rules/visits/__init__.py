"""探访关爱: who must be visited, how often, and which cases the county must see for itself."""
