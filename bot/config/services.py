"""The tables of bot.toml for what stands beside the desk: MQTT, metrics, notices, retention."""

from ipaddress import ip_address
from typing import Annotated, Literal, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from bot.config.params import MINUTE_NS, SECOND_NS, Duration, Params
from bot.config.placing import Placing
from bot.errors import Fault

DAY_NS = 86_400 * SECOND_NS

Notice = Literal[
    "not-ready",
    "login",
    "naked",
    "kill",
    "loss-limit",
    "link",
    "calendar",
    "disk",
    "backup",
    "digest",
]
"""What somebody is called for, by name."""


def _mqtt_url(url: str) -> str:
    """A broker's address: scheme, host and port, nothing else."""
    try:
        found = urlsplit(url)
        port_is_one = found.port is None or found.port > 0
    except ValueError:
        port_is_one = False
    if not port_is_one or found.scheme not in ("mqtt", "mqtts") or not found.hostname or found.path.strip("/"):
        raise ValueError(f'a broker is "mqtt://HOST:PORT" or "mqtts://HOST:PORT"; got {url!r}')
    return url


def webhook_url(url: str) -> str:
    """Where a notice is posted to. Raises ValueError, which does not show it: who knows the path may post there."""
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise ValueError('a webhook is "https://HOST/PATH"')
    return url


class MqttCommandSettings(Params):
    """[mqtt.commands]: what may be told to the desk through the broker."""

    enabled: bool = False
    """Whether commands are listened to; they need `secret_file`."""
    secret_file: str | None = None
    """A file that holds the secret that commands are signed with."""
    max_age: Duration = Field(30 * SECOND_NS, gt=0, le=5 * MINUTE_NS)
    """A command's own time may be this far from ours, at most."""


class HomeAssistantSettings(Params):
    """[mqtt.home_assistant]: the desk as a device of Home Assistant."""

    enabled: bool = False
    """Whether it is announced."""
    prefix: str = Field("homeassistant", pattern=r"^[A-Za-z0-9_-]+$")
    """The topic under which Home Assistant looks for devices."""


class MqttSettings(Params):
    """[mqtt]: the desk's news on a message broker."""

    url: Annotated[str, AfterValidator(_mqtt_url)] | None = None
    """`mqtt://HOST:PORT`, or `mqtts://…` with TLS; nothing is published when absent."""
    user: str | None = None
    """Who the desk is there."""
    password_file: str | None = None
    """A file that holds that user's password."""
    ca_file: str | None = None
    """Certificates that are trusted with `mqtts`; the system's when absent."""
    certificate_file: str | None = None
    """The desk's own certificate, where the broker asks for one."""
    key_file: str | None = None
    """And its key."""
    prefix: str = Field("paperpit", pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$")
    """What all topics begin with, before the desk's name."""
    keepalive: Duration = Field(15 * SECOND_NS, ge=5 * SECOND_NS, le=10 * MINUTE_NS)
    """How often the broker hears of a quiet desk; after one and a half times that it takes it for gone."""
    commands: MqttCommandSettings = MqttCommandSettings()
    home_assistant: HomeAssistantSettings = HomeAssistantSettings()


def mqtt_faults(mqtt: MqttSettings, place: Placing) -> tuple[Fault, ...]:
    """What makes commands through the broker unsafe, whatever else is right about them."""
    commands, at = mqtt.commands, ("mqtt", "commands", "enabled")
    if not commands.enabled:
        return ()
    if mqtt.url is None:
        return (place.fault(at, "commands come by a broker, and none is named", do='[mqtt] url = "mqtts://HOST:8883"'),)
    found = []
    if commands.secret_file is None:
        do = 'umask 077 && openssl rand -hex 32 > mqtt-secret, then secret_file = "mqtt-secret"'
        found.append(place.fault(at, "commands need a secret that they are signed with", allowed="secret_file", do=do))
    url = urlsplit(mqtt.url)
    if url.scheme == "mqtt" and not _is_this_machine(url.hostname or ""):
        message = f"commands do not come in plain text from {url.hostname}, which is not this machine"
        allowed = '"mqtts://HOST:8883", or a broker at 127.0.0.1'
        found.append(place.fault(("mqtt", "url"), message, allowed=allowed, do="docs/mqtt-commands.md shows both"))
    return tuple(found)


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class MetricsSettings(Params):
    """[metrics]: what Prometheus reads, and the answers to "are you well?"."""

    port: int | None = Field(None, ge=1, le=65_535)
    """Where `/metrics`, `/healthz` and `/readyz` are answered; nowhere when absent."""
    host: str = "127.0.0.1"
    """The address that listens; another than this machine's own shows it to whoever can reach that."""


class NotifySettings(Params):
    """[notify]: calling a person."""

    command: tuple[str, ...] = ()
    """A program and its arguments; it gets the notice on standard input."""
    webhook: Annotated[str, AfterValidator(webhook_url)] | None = None
    """An address that gets the notice as JSON."""
    webhook_file: str | None = None
    """A file that holds the address, where it is secret."""
    about: tuple[Notice, ...] = get_args(Notice)
    """What to call for."""
    again_after: Duration = Field(60 * MINUTE_NS, gt=0)
    """What lasts is said again after this long."""
    most_an_hour: int = Field(20, ge=1)
    """Beyond so many in an hour notices are counted and told together."""
    before_session: Duration = Field(30 * MINUTE_NS, gt=0)
    """So long before the session's open the desk should be ready."""
    link_after: Duration = Field(MINUTE_NS, gt=0)
    """A link to the broker that has been down for so long is called for."""
    over_after: Duration = Field(MINUTE_NS, gt=0)
    """What has not been seen for so long is over; what comes again before is the same trouble."""

    @property
    def wanted(self) -> bool:
        """Whether there is any way to call."""
        return bool(self.command or self.webhook or self.webhook_file)


class LogSettings(Params):
    """[log]: what a running desk says on standard error; its journal holds all that matters."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least that is told."""
    format: Literal["auto", "text", "json"] = "auto"
    """JSON, one object a line, unless somebody sits at a terminal; or one of the two."""


class RetentionSettings(Params):
    """[retention]: what the journal lets go of. Fills, orders, decisions and signals stay for ever."""

    footprints: Duration = Field(90 * DAY_NS, ge=DAY_NS)
    """The bars around signals are kept this long."""
    link_events: Duration = Field(90 * DAY_NS, ge=DAY_NS)
    """And what the link to the broker did."""
