"""FIR resampling, fused activation and modulated convolution."""
