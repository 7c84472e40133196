"""How the service is kept and watched."""
