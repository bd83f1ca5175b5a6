using System.Text;
using Broker.Host.Security;

namespace Broker.Fuzz.Targets;

/// <summary>A letter and what it says: the file of users (F), a hash (H), SCRAM keys (K), the first message of SCRAM (C).</summary>
internal sealed class PasswordTarget : FuzzTarget
{
    private const string Argon2 = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g";
    private const string Pbkdf2 = "$pbkdf2-sha512$i=210000,l=64$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaA";
    private const string Mosquitto = "$7$101$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaA==";
    private const string Scram = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";

    private static readonly string[] _seeds =
    [
        $"Falice:{Argon2}\n# comment\r\nbob:{Mosquitto}\nalice:{Scram}\n", $"H{Argon2}", $"H{Pbkdf2}", $"H{Mosquitto}", $"H{Mosquitto.Replace("$7$101", "$6", StringComparison.Ordinal)}",
        $"K{Scram}", "Cn,,n=user,r=rOprNGfwEbeRWgbNEkqO", "Cy,a=a=2Cb=3D,n=a=2Cb=3D,r=x,ext=1", "F:x\n\n:", "F",
    ];

    public override string Name => "passwords";

    public override int Share => 90;

    public override IEnumerable<byte[]> Seeds => _seeds.Select(Encoding.UTF8.GetBytes);

    public override IReadOnlyList<byte[]> Words { get; } =
        [.. new[] { "$argon2id$", "$7$", "$6$", "$pbkdf2-sha512$", "v=19", "m=", "t=", "p=", "i=", "l=", "SCRAM-SHA-256$", "=2C", "=3D", "2147483648", "4294967296", "-1", "==", "user:", "\n" }.Select(Encoding.UTF8.GetBytes)];

    public override int MaxBytes => 2_048;

    // Faults are told with the line, and a good hash is held in memory.
    public override long AllocationBound(int inputBytes) => 65_536 + (256L * inputBytes);

    public override object? Execute(byte[] input)
    {
        if (input.Length == 0) return null;
        string text = Encoding.UTF8.GetString(input, 1, input.Length - 1);
        switch (input[0])
        {
            case (byte)'F':
                List<string> faults = [];
                return (faults, UserFile.TryParse(text, "users", faults));
            case (byte)'H':
                return (PasswordHash.TryParse(text, out string? fault), fault);
            case (byte)'K':
                return ScramKeys.TryParse(text, out fault);
            default:
                return ClientFirst.TryParse(input.AsSpan(1));
        }
    }

    public override void Check(byte[] input, object? outcome)
    {
        switch (outcome)
        {
            case (List<string> faults, UserFile users):
                if (faults.Count > 0 || users.Users.Count == 0) throw new InvalidOperationException("a file with faults, or without users, was taken");
                break;
            case (List<string> faults, null):
                if (faults.Count == 0) throw new InvalidOperationException("a file was refused without a reason");
                break;
            case (PasswordHash hash, null):
                if (hash.Description.Length == 0) throw new InvalidOperationException("a hash says nothing of itself");
                break;
            case (null, string fault):
                if (fault.Length == 0) throw new InvalidOperationException("a hash was refused without a reason");
                break;
            case ScramKeys keys:
                if (ScramKeys.TryParse(keys.ToString(), out _)?.ToString() != keys.ToString()) throw new InvalidOperationException("SCRAM keys are read otherwise after they were written");
                break;
            case ClientFirst first:
                if (!UserName.IsValidInFile(first.UserName)) throw new InvalidOperationException("a name that no user can have was taken");
                break;
        }
    }
}
