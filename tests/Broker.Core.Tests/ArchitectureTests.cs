using System.Reflection;
using Xunit;

namespace Broker.Core.Tests;

/// <summary>The rule of dependencies of docs/architecture.md, read from the compiled types.</summary>
public sealed class ArchitectureTests
{
    // Each may use those before it, and the side rooms.
    private static readonly string[] _line = ["Primitives", "Protocol", "Topics", "Messages", "Sessions", "Publishing", "Connections", "Polling"];

    private const BindingFlags All =
        BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    [Fact]
    public void No_room_uses_a_later_room_of_the_line()
    {
        List<string> violations = [];
        foreach (Type type in typeof(MqttBroker).Assembly.GetTypes())
        {
            int room = RoomOf(type);
            if (room < 0) continue;
            violations.AddRange(UsedBy(type).Where(used => RoomOf(used) > room).Select(used => $"{type.FullName} uses {used.FullName}"));
        }

        Assert.Empty(violations.Distinct());
    }

    [Fact]
    public void The_core_knows_no_socket_no_file_and_no_web_server()
    {
        string[] references = [.. typeof(MqttBroker).Assembly.GetReferencedAssemblies().Select(a => a.Name!)];

        Assert.DoesNotContain(references, name => name.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal));
        Assert.DoesNotContain("System.Net.Sockets", references);
        Assert.DoesNotContain("System.IO.FileSystem", references);
    }

    private static int RoomOf(Type type)
    {
        const string Root = "Broker.Core.";
        string space = type.Namespace ?? "";
        return space.StartsWith(Root, StringComparison.Ordinal) ? Array.IndexOf(_line, space[Root.Length..]) : -1;
    }

    private static IEnumerable<Type> UsedBy(Type type)
    {
        IEnumerable<Type> used = type.GetInterfaces();
        if (type.BaseType is { } parent) used = used.Append(parent);
        used = used.Concat(type.GetFields(All).Select(f => f.FieldType));
        foreach (MethodBase method in type.GetMethods(All).Cast<MethodBase>().Concat(type.GetConstructors(All)))
        {
            used = used.Concat(method.GetParameters().Select(p => p.ParameterType));
            if (method is MethodInfo { ReturnType: var result }) used = used.Append(result);
            used = used.Concat((method.GetMethodBody()?.LocalVariables ?? []).Select(l => l.LocalType));
        }

        return used.SelectMany(Parts);
    }

    private static IEnumerable<Type> Parts(Type type)
    {
        if (type.HasElementType) return Parts(type.GetElementType()!);
        return type.IsGenericType ? type.GetGenericArguments().SelectMany(Parts).Append(type) : [type];
    }
}
