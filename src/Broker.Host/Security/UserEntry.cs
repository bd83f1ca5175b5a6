namespace Broker.Host.Security;

/// <summary>One user of the password file.</summary>
/// <param name="Name">The user's name.</param>
/// <param name="Password">What a password is tried against; null for a user with SCRAM keys only.</param>
/// <param name="Scram">The keys for SCRAM-SHA-256; null for a user with a password hash only.</param>
internal sealed record UserEntry(string Name, PasswordHash? Password, ScramKeys? Scram);
