using System.Text;
using Broker.Host.Security;

namespace Broker.Host.Tests.Security;

public sealed class PasswordHashTests
{
    // The vectors of the reference implementation of Argon2, and lines that mosquitto_passwd wrote.
    private const string Small = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    private const string Pbkdf2 = "$7$101$Syl31Xe5D5/S9a7U$FnkvIYjSZBmk9eNBsO2Rqja1+iMiiDy+Ryn2d7JrqzVteDo3so4ASM2kTyNt4mrVLvwAyKQRx9gPK0G+l6iJFg==";
    private const string Sha512 = "$6$FYiwUr/gZ9QPmsH4$QquAheXJxOSar8efs8T/DqxS4c3gUn9jl11WXqWfccUjDqdoK+4a5Nkw+ZygoFXKRwW1TeNPwmdc9TfC4OqwfQ==";

    [Theory]
    [InlineData("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "password")]
    [InlineData(Small, "password")]
    [InlineData("$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc", "password")]
    [InlineData(Pbkdf2, "secret")]
    [InlineData(Sha512, "s3cret")]
    public void Hashes_of_others_know_their_password_and_no_other(string text, string password)
    {
        PasswordHash hash = Parse(text);

        Assert.True(hash.Verify(Encoding.UTF8.GetBytes(password)));
        Assert.False(hash.Verify(Encoding.UTF8.GetBytes(password + "x")));
        Assert.False(hash.Verify(Encoding.UTF8.GetBytes(password[..^1])));
        Assert.False(hash.Verify([]));
    }

    [Fact]
    public void What_is_made_here_can_be_read_here_and_is_salted()
    {
        string argon2 = Argon2idHash.Create("pass"u8);
        string pbkdf2 = Pbkdf2Hash.Create("pass"u8, iterations: 1_000);

        Assert.StartsWith("$argon2id$v=19$m=19456,t=2,p=1$", argon2, StringComparison.Ordinal);
        Assert.StartsWith("$pbkdf2-sha512$i=1000,l=64$", pbkdf2, StringComparison.Ordinal);
        Assert.True(Parse(argon2).Verify("pass"u8));
        Assert.True(Parse(pbkdf2).Verify("pass"u8));
        Assert.False(Parse(pbkdf2).Verify("word"u8));
        Assert.NotEqual(pbkdf2, Pbkdf2Hash.Create("pass"u8, iterations: 1_000));
    }

    [Fact]
    public void A_hash_that_is_cut_off_anywhere_lets_nobody_in()
    {
        foreach ((string text, string password) in new[] { (Small, "password"), (Pbkdf2, "secret"), (Sha512, "s3cret") })
        {
            string bare = text.TrimEnd('='); // the padding says nothing
            for (int length = 0; length < bare.Length; length++)
            {
                PasswordHash? hash = PasswordHash.TryParse(bare[..length], out string? fault);
                Assert.True(hash is null ? fault is not null : !hash.Verify(Encoding.UTF8.GetBytes(password)), $"{length} of {text}");
                if (hash is null) continue;
                Assert.False(hash.Verify([]));
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("secret")]
    [InlineData("$")]
    [InlineData("$$$")]
    [InlineData("$1$abcdefgh$x")]
    [InlineData("$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy")]
    [InlineData("$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$/U3YPXYsSb3q9XxHvc0MLxur+GP960kN9j7emXX8zwY")]
    [InlineData("$argon2id$v=16$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4")]
    [InlineData("$argon2id$v=19$m=0,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4")]
    [InlineData("$argon2id$v=19$m=256,t=0,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4")]
    [InlineData("$argon2id$v=19$m=256,t=2,p=0$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4")]
    [InlineData("$argon2id$v=19$m=262145,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4")]
    [InlineData("$argon2id$v=19$m=256,t=65,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4")]
    [InlineData("$argon2id$v=19$m=8,t=1,p=2$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4")]
    [InlineData("$argon2id$v=19$m=256,t=2,p=1$c29t$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4")]
    [InlineData("$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$")]
    [InlineData("$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4$x")]
    [InlineData("$pbkdf2-sha512$i=0,l=64$c29tZXNhbHQ$FnkvIYjSZBmk9eNBsO2Rqja1+iMiiDy+Ryn2d7JrqzVteDo3so4ASM2kTyNt4mrVLvwAyKQRx9gPK0G+l6iJFg")]
    [InlineData("$7$0$Syl31Xe5D5/S9a7U$FnkvIYjSZBmk9eNBsO2Rqja1+iMiiDy+Ryn2d7JrqzVteDo3so4ASM2kTyNt4mrVLvwAyKQRx9gPK0G+l6iJFg==")]
    [InlineData("$7$-1$Syl31Xe5D5/S9a7U$FnkvIYjSZBmk9eNBsO2Rqja1+iMiiDy+Ryn2d7JrqzVteDo3so4ASM2kTyNt4mrVLvwAyKQRx9gPK0G+l6iJFg==")]
    [InlineData("$7$10000001$Syl31Xe5D5/S9a7U$FnkvIYjSZBmk9eNBsO2Rqja1+iMiiDy+Ryn2d7JrqzVteDo3so4ASM2kTyNt4mrVLvwAyKQRx9gPK0G+l6iJFg==")]
    [InlineData("$7$101$$")]
    [InlineData("$6$FYiwUr/gZ9QPmsH4$")]
    [InlineData("$6$FYiwUr/gZ9QPmsH4$ !!!")]
    public void What_is_no_known_hash_within_its_bounds_is_refused(string text)
    {
        PasswordHash? hash = PasswordHash.TryParse(text, out string? fault);

        Assert.Null(hash);
        Assert.NotNull(fault);
        Assert.DoesNotContain('\n', fault);
    }

    [Fact]
    public void A_text_longer_than_any_hash_is_refused()
    {
        Assert.Null(PasswordHash.TryParse("$7$101$" + new string('A', PasswordHash.MaxText), out _));
    }

    [Theory]
    [InlineData(Small, true)]
    [InlineData(Pbkdf2, true)]
    [InlineData(Sha512, true)]
    [InlineData("$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", false)]
    [InlineData("$argon2id$v=19$m=47104,t=1,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", false)] // as Mosquitto 2.1 writes it
    [InlineData("$pbkdf2-sha512$i=210000$c29tZXNhbHQ$FnkvIYjSZBmk9eNBsO2Rqja1+iMiiDy+Ryn2d7JrqzVteDo3so4ASM2kTyNt4mrVLvwAyKQRx9gPK0G+l6iJFg", false)]
    public void What_is_cheap_to_guess_is_known_as_such(string text, bool isWeak)
    {
        Assert.Equal(isWeak, Parse(text).IsWeak);
    }

    private static PasswordHash Parse(string text)
    {
        PasswordHash? hash = PasswordHash.TryParse(text, out string? fault);
        Assert.Null(fault);
        return hash!;
    }
}
