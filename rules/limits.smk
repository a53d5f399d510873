# Limits of alignment: moved and flipped domains, lower resolutions, far domains and the way back.
