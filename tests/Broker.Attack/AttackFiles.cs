using System.Security.Cryptography;
using System.Text;

namespace Broker.Attack;

/// <summary>The catalogue: files of attacks, and what the brokers are configured with.</summary>
internal static class AttackFiles
{
    /// <summary>The files, and what the broker is configured with that their attacks go against.</summary>
    public static IReadOnlyList<(string Name, AttackSetting Setting)> All { get; } =
    [
        ("protocol", AttackSetting.Open), ("resources", AttackSetting.Open), ("websocket", AttackSetting.Open),
        ("rights", AttackSetting.WithRights), ("tls", AttackSetting.WithCertificates), (KeyUpdate, AttackSetting.WithCertificates),
    ];

    // Started by root it would become somebody else, who may not read its folder.
    private const string Listeners = "listener {mqtt} 127.0.0.1\nlistener {websocket} 127.0.0.1\nprotocol websockets\nuser root\n";

    private const string Encrypted =
        "cafile {folder}/ca.pem\ncrlfile {folder}/ca.crl\ncertfile {folder}/server.pem\nkeyfile {folder}/server.key\nrequire_certificate true\nuse_identity_as_username true\n";

    private const string KeyUpdate = "keyupdate";

    private const int Iterations = 1_000; // of the hashes; their strength is not what is tried here

    private static readonly string[] _users = ["alice", "bob", "probe"];

    /// <summary>How the probe logs in: user and password with a slash before each, or nothing.</summary>
    public static string ProbeCredentials(AttackSetting setting) => setting == AttackSetting.WithRights ? "/probe/secret" : "";

    /// <summary>Programs that a file's attacks need and that are not installed.</summary>
    public static IReadOnlyList<string> Missing(string file) => file == KeyUpdate ? KeyUpdates.Missing : [];

    /// <summary>What Mosquitto reads.</summary>
    public static string MosquittoFile(AttackSetting setting) => setting switch
    {
        AttackSetting.WithRights => "rights.conf",
        AttackSetting.WithCertificates => "certificates.conf",
        _ => "open.conf",
    };

    /// <summary>The rows of a file.</summary>
    public static IReadOnlyList<AttackRow> Rows(string file) => AttackRow.Read(Text($"{file}.txt").Split('\n'));

    /// <summary>The files that a broker needs in its folder.</summary>
    public static IReadOnlyDictionary<string, string> ForFolder()
    {
        string users = string.Join('\n', _users.Select(User)) + "\n";
        return new Dictionary<string, string>(AttackCertificates.Shared.Files)
        {
            ["users"] = users,
            ["rules"] = Text("rules.acl"),
            ["acl_file"] = Text("mosquitto.acl"),
            [MosquittoFile(AttackSetting.Open)] = Listeners + "allow_anonymous true\n",
            [MosquittoFile(AttackSetting.WithRights)] = Listeners + "allow_anonymous false\npassword_file {folder}/users\nacl_file {folder}/acl_file\n",
            [MosquittoFile(AttackSetting.WithCertificates)] =
                $"{Listeners}allow_anonymous true\nlog_type all\nlistener {{mqtts}} 127.0.0.1\n{Encrypted}listener {{https}} 127.0.0.1\nprotocol websockets\n{Encrypted}",
        };
    }

    // In the form that both brokers read.
    private static string User(string name)
    {
        byte[] salt = RandomNumberGenerator.GetBytes(12);
        byte[] hash = Rfc2898DeriveBytes.Pbkdf2("secret"u8, salt, Iterations, HashAlgorithmName.SHA512, 64);
        return $"{name}:$7${Iterations}${Convert.ToBase64String(salt)}${Convert.ToBase64String(hash)}";
    }

    private static string Text(string name) => File.ReadAllText(Path.Combine(Broker.Testing.Repository.Root, "tests", "Broker.Attack", "Attacks", name), Encoding.UTF8);
}
