"""Where rows come from: reading, decoding, cleaning, and turning them into numbers."""
