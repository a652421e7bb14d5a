"""From bytes to a plain frame: opened, unpacked, recognised, cut into rows, parsed, tidied, named."""
