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
    """Return the settings for a command that works on the database of a running installation, or end it in words.

    Where ``DATABASE_URL`` is not set, that is the one which ``easel run`` has started in ``EASEL_HOME``.
    """
    from app.embedded.postgres import running_url  # noqa: PLC0415

    settings = load_settings()
    url = settings.database_url or running_url(settings.easel_home)
    if not url:
        typer.echo(f"DATABASE_URL is not set, and nothing runs in {settings.easel_home}.", err=True)
        raise typer.Exit(2)
    return settings.model_copy(update={"database_url": url})
