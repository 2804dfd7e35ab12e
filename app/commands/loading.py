"""Settings and logs, as every command loads them first."""

import typer

from app.settings import Settings


def load_settings() -> Settings:
    """Return the settings, and let logs be written as they say."""
    from app.logs import configure_logs  # noqa: PLC0415 - each command loads what it needs, `--help` nothing

    settings = Settings()
    configure_logs(settings.log_level, json=settings.logs_are_json)
    return settings


def load_settings_of_database() -> Settings:
    """Return the settings for a command that works on the database of a running installation, or end it in words."""
    settings = load_settings()
    if not settings.database_url:
        typer.echo("DATABASE_URL is to say which database; it is not set.", err=True)
        raise typer.Exit(2)
    return settings
