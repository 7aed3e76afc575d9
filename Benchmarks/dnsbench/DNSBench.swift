import ArgumentParser

/// Measures authoritative DNS servers, ours and others, over loopback.
///
///     dnsbench zone 100000 > bench.zone        what every server in a comparison serves
///     dnsbench serve 5301 --names 100000       our server with the same content
///     dnsbench reflect 5302                    a responder that only flips the QR bit: the floor
///     dnsbench load 127.0.0.1 5301 --names 100000 --process PID
///     dnsbench tcp 127.0.0.1 5301 --names 100000 --process PID --pipeline 1
///     dnsbench answer --names 100000           no sockets: the answer function alone
///
/// `make bench` and `Benchmarks/compare` put these together.
@main struct DNSBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dnsbench", abstract: "Measures authoritative DNS servers over loopback.",
        subcommands: [
            PrintZone.self, ReadZone.self, Serve.self, Reflect.self, Load.self, StreamLoad.self, AnswerOnly.self,
            Compare.self,
        ])
}
