"""Settings and logs, as every command loads them first."""

from app.settings import Settings


def load_settings() -> Settings:
    """Return the settings, and let logs be written as they say."""
    from app.logs import configure_logs  # noqa: PLC0415 - each command loads what it needs, `--help` nothing

    settings = Settings()
    configure_logs(settings.log_level, json=settings.logs_are_json)
    return settings
