using System.Security.Cryptography;
using System.Text;

namespace Broker.Attack;

/// <summary>The catalogue: files of attacks, and what the brokers are configured with.</summary>
internal static class AttackFiles
{
    /// <summary>Files whose attacks go against a broker that lets everybody in.</summary>
    public static IReadOnlyList<string> Open { get; } = ["protocol", "resources", "websocket"];

    /// <summary>Files whose attacks go against one that asks who somebody is; alice and bob have passwords.</summary>
    public static IReadOnlyList<string> WithRights { get; } = ["rights"];

    /// <summary>How the probe logs in there.</summary>
    public const string ProbeCredentials = "/probe/secret";

    private const int Iterations = 1_000; // of the hashes; their strength is not what is tried here

    private static readonly string[] _users = ["alice", "bob", "probe"];

    /// <summary>The rows of a file.</summary>
    public static IReadOnlyList<AttackRow> Rows(string file) => AttackRow.Read(Text($"{file}.txt").Split('\n'));

    /// <summary>The files that a broker needs in its folder.</summary>
    public static IReadOnlyDictionary<string, string> ForFolder()
    {
        string users = string.Join('\n', _users.Select(User)) + "\n";
        return new Dictionary<string, string>
        {
            ["users"] = users,
            ["rules"] = Text("rules.acl"),
            ["acl_file"] = Text("mosquitto.acl"),
            ["open.conf"] = Listeners + "allow_anonymous true\n",
            ["rights.conf"] = Listeners + "allow_anonymous false\npassword_file {folder}/users\nacl_file {folder}/acl_file\n",
        };
    }

    // Started by root it would become somebody else, who may not read its folder.
    private static string Listeners => "listener {port} 127.0.0.1\nlistener {wsport} 127.0.0.1\nprotocol websockets\nuser root\n";

    // In the form that both brokers read.
    private static string User(string name)
    {
        byte[] salt = RandomNumberGenerator.GetBytes(12);
        byte[] hash = Rfc2898DeriveBytes.Pbkdf2("secret"u8, salt, Iterations, HashAlgorithmName.SHA512, 64);
        return $"{name}:$7${Iterations}${Convert.ToBase64String(salt)}${Convert.ToBase64String(hash)}";
    }

    private static string Text(string name) => File.ReadAllText(Path.Combine(Broker.Testing.Repository.Root, "tests", "Broker.Attack", "Attacks", name), Encoding.UTF8);
}
