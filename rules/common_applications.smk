# Look-ups of the applications and limits: morphs, blends, zero-shot transfer, locality, resolution, return.
from stylealign.config import application_plan, application_slices
