"""What a protocol document is checked for; `protocol_check` asks all of it."""
