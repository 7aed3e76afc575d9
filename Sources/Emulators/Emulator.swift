import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

// A provider on this machine:
//
//   request ─► FaultMiddleware (what is planned to go wrong) ─► the provider's routes ─► its state, an actor
//                                                          └─► /_emulator/: what to plan, what is there

/// A provider's stand-in.
package protocol Emulator: Sendable {
    /// What it is called on the command line: `cloudflare`.
    static var name: String { get }
    /// Whether every request changes something, a GET too.
    static var changesWithEveryRequest: Bool { get }
    var faults: FaultPlan { get }
    /// Adds its routes.
    func addRoutes(to router: EmulatorRouter)
    /// What it holds now, for people: one line for each record.
    func listing() async -> [String]
}

extension Emulator {
    package static var changesWithEveryRequest: Bool { false }
}

/// The routes of one emulator, in front of which faults happen.
package struct EmulatorRouter {
    let router: Router<EmulatorContext>
}

/// An emulator that serves HTTP.
package struct RunningEmulator: Sendable {
    package let port: Int
    private let services: ServiceGroup
    private let task: Task<Void, any Error>

    package var url: String { "http://127.0.0.1:\(port)" }

    /// Binds and serves; returns when it does. Throws if it cannot bind.
    ///
    /// - Parameter port: 0 for any that is free.
    package static func start(
        _ emulator: some Emulator, host: String = "127.0.0.1", port: Int = 0, logger: Logger = .silent
    ) async throws -> RunningEmulator {
        let (bound, continuation) = AsyncStream.makeStream(of: Int.self)
        let router = Router(context: EmulatorContext.self)
        addControls(of: emulator, to: router)
        let changesAlways = type(of: emulator).changesWithEveryRequest
        router.add(
            middleware: FaultMiddleware(plan: emulator.faults) {
                changesAlways || ![.get, .head].contains($0.method)
            })
        emulator.addRoutes(to: EmulatorRouter(router: router))
        let application = Application(
            router: router, configuration: .init(address: .hostname(host, port: port), serverName: "emulator"),
            onServerRunning: { channel in continuation.yield(channel.localAddress?.port ?? 0) }, logger: logger)
        let services = ServiceGroup(services: [application], logger: logger)
        let task = Task {
            defer { continuation.finish() }
            try await services.run()
        }
        for await port in bound { return RunningEmulator(port: port, services: services, task: task) }
        try await task.value
        throw EmulatorError.notBound
    }

    /// Stops at once; requests under way are cut off.
    package func stop() async {
        task.cancel()
        _ = try? await task.value
    }

    /// Until it is stopped.
    package func run() async throws { try await task.value }

    /// `GET /_emulator` lists what is held; `POST /_emulator/faults?fault=lost&times=2` plans faults.
    private static func addControls(of emulator: some Emulator, to router: Router<EmulatorContext>) {
        router.get("/_emulator") { _, _ in
            let lines = await emulator.listing()
            return Response.plain(.ok, lines.joined(separator: "\n") + "\n")
        }
        router.post("/_emulator/faults") { request, _ in
            let query = request.uri.queryParameters
            guard let name = query["fault"], let fault = Fault(rawValue: String(name)) else {
                let all = Fault.allCases.map(\.rawValue).joined(separator: ", ")
                return Response.plain(.badRequest, "Give ?fault= with one of \(all), and &times= if more than one.\n")
            }
            let times = query["times"].flatMap { Int($0) } ?? 1
            await emulator.faults.add(fault, times: times, onlyChanges: query["only"] == "changes")
            return Response.plain(.ok, "The next \(times) will go wrong: \(fault.rawValue).\n")
        }
    }
}

package enum EmulatorError: Error {
    case notBound
}

extension Logger {
    /// Says nothing.
    package static var silent: Logger { Logger(label: "emulator") { _ in SwiftLogNoOpLogHandler() } }
}

extension Response {
    static func plain(_ status: HTTPResponse.Status, _ text: String) -> Response {
        Response(
            status: status, headers: [.contentType: "text/plain; charset=utf-8"],
            body: .init(byteBuffer: ByteBuffer(string: text)))
    }
}
