"""Tables of the applications (morphs, blends, zero-shot transfer) and of the limits (locality, resolution, return)."""
