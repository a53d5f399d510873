# What aligned models are good for: morphs, blends, zero-shot transfer.
