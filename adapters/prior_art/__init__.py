"""Prior art: published documents found in search services and laid beside the elements of an idea, with quotes."""
