"""Values of measures: what stands of them, and how they are kept."""
