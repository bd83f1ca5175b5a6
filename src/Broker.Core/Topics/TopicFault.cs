namespace Broker.Core.Topics;

/// <summary>What is wrong with a topic name or a topic filter.</summary>
public enum TopicFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It has no character. [MQTT-4.7.3-1]</summary>
    Empty,

    /// <summary>It has more bytes than the broker accepts.</summary>
    TooLong,

    /// <summary>It has more levels than the broker accepts.</summary>
    TooManyLevels,

    /// <summary>A topic name contains '+' or '#'. [MQTT-4.7.1-1]</summary>
    Wildcard,

    /// <summary>In a topic filter, '+' or '#' does not fill its level, or '#' is not the last level. [MQTT-4.7.1-1] [MQTT-4.7.1-2]</summary>
    MisplacedWildcard,

    /// <summary>The share name after "$share/" is empty, contains a wildcard, or is not followed by '/'. [MQTT-4.8.2-1] [MQTT-4.8.2-2]</summary>
    ShareName,

    /// <summary>"$share/{name}/" is followed by no topic filter. [MQTT-4.8.2-2]</summary>
    NoFilter,
}
