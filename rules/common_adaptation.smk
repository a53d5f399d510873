# Look-ups of adaptation: CLIPs, adapted models, mappers, few shots.
