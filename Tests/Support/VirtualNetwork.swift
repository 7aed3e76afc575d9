import Foundation
import Synchronization

/// Hosts that exist for one test: network namespaces of this machine, with the links between them that the test makes.
///
/// Their names begin with the process id of the test, so that those of a test that was killed can be told from others,
/// and are removed by the next.
package final class VirtualNetwork: Sendable {
    /// What keeps this machine from having such hosts; nil if nothing does. It is found out once, by making one.
    package static let obstacle: String? = findObstacle()

    /// For `.enabled(if:)`.
    package static var isPossible: Bool { obstacle == nil }

    /// Said beside a test that is skipped.
    package static let skipped = "network namespaces cannot be made here (root and iproute2 are needed)"

    private static let count = Atomic(0)
    private let prefix: String
    /// What was started on its hosts: it goes on even if the test has no use for it any more.
    private let processes = Mutex<[ChildProcess]>([])

    private init() {
        let number = Self.count.add(1, ordering: .relaxed).newValue
        prefix = "nl\(getpid())n\(number)"
    }

    /// Makes a network with these hosts, and removes it with all that was started in it after `body`, however that ends.
    package static func with<Result>(
        _ hosts: [String], _ body: (VirtualNetwork) async throws -> Result
    ) async throws -> Result {
        removeLeftovers()
        let network = VirtualNetwork()
        let outcome: Swift.Result<Result, any Error>
        do {
            for host in hosts {
                try await network.make(host)
            }
            outcome = .success(try await body(network))
        } catch {
            outcome = .failure(error)
        }
        network.remove()
        return try outcome.get()
    }

    private func make(_ host: String) async throws {
        try await Self.ip(["netns", "add", self[host].namespace])
        try await self[host].require("ip", "link", "set", "lo", "up")
        // An address that is still being looked for on the link cannot be used yet.
        _ = try await self[host].run("sysctl", ["-q", "net.ipv6.conf.default.accept_dad=0"])
    }

    package subscript(_ host: String) -> VirtualHost { VirtualHost(namespace: "\(prefix)-\(host)", network: self) }

    fileprivate func keep(_ process: ChildProcess) { processes.withLock { $0.append(process) } }

    /// One end of a link.
    package struct End {
        let host: String
        let interface: String
        let addresses: [String]

        /// - Parameter addresses: with their prefix lengths, such as `192.0.2.1/24`.
        package init(_ host: String, _ interface: String, _ addresses: String...) {
            (self.host, self.interface, self.addresses) = (host, interface, addresses)
        }
    }

    /// Joins two hosts by a cable.
    package func link(_ left: End, _ right: End) async throws {
        try await Self.ip([
            "link", "add", "name", left.interface, "netns", self[left.host].namespace, "type", "veth", "peer", "name",
            right.interface, "netns", self[right.host].namespace,
        ])
        for end in [left, right] {
            for address in end.addresses {
                let options = address.contains(":") ? ["nodad"] : []
                try await self[end.host].require("ip", ["address", "add", address, "dev", end.interface] + options)
            }
            try await self[end.host].require("ip", "link", "set", end.interface, "up")
        }
    }

    /// Ends what still runs in the hosts, and takes them away.
    private func remove() {
        Self.remove { $0.hasPrefix("\(self.prefix)-") }
        processes.withLock { $0 = [] }
    }

    private static func removeLeftovers() {
        remove { name in
            guard let match = name.wholeMatch(of: /nl(\d+)n\d+-.*/) else { return false }
            return !FileManager.default.fileExists(atPath: "/proc/\(match.1)")
        }
    }

    private static func remove(where isOurs: (String) -> Bool) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/run/netns")) ?? []
        for name in names where isOurs(name) {
            let processes = (try? runBlocking("ip", ["netns", "pids", name]).output) ?? ""
            for process in processes.split(separator: "\n") { Int32(process).map { _ = kill($0, SIGKILL) } }
            _ = try? runBlocking("ip", ["netns", "delete", name])
        }
    }

    private static func findObstacle() -> String? {
        let name = "nl\(getpid())n0-probe"
        guard let made = try? runBlocking("ip", ["netns", "add", name]) else { return "iproute2 is not installed" }
        if made.code != 0 { return made.output }
        defer { _ = try? runBlocking("ip", ["netns", "delete", name]) }
        let linked = try? runBlocking(
            "ip", ["link", "add", "name", "a", "netns", name, "type", "veth", "peer", "name", "b", "netns", name])
        return linked?.code == 0 ? nil : linked?.output ?? "ip cannot be run"
    }

    private static func ip(_ arguments: [String]) async throws {
        let (output, code) = try await run("ip", arguments)
        if code != 0 { throw VirtualNetworkError.failed("ip \(arguments.joined(separator: " "))", output: output) }
    }

    private static func runBlocking(_ tool: String, _ arguments: [String]) throws -> (output: String, code: Int32) {
        let child = try ChildProcess(tool, arguments)
        while child.isRunning { usleep(2000) }
        return (child.printed, child.exitCode ?? -1)
    }
}

package enum VirtualNetworkError: Error {
    case failed(String, output: String)
}

/// One host of a `VirtualNetwork`.
package struct VirtualHost: Sendable {
    package let namespace: String
    fileprivate let network: VirtualNetwork

    private func words(_ tool: String, _ arguments: [String]) throws -> [String] {
        ["netns", "exec", namespace, try findTool(tool)] + arguments
    }

    /// Runs a program on this host to its end.
    package func run(_ tool: String, _ arguments: [String], within limit: Duration = .seconds(60)) async throws -> (
        output: String, code: Int32
    ) {
        try await TestSupport.run("ip", try words(tool, arguments), within: limit)
    }

    /// The same of what must succeed; returns what it printed.
    @discardableResult
    package func require(_ tool: String, _ arguments: [String]) async throws -> String {
        let (output, code) = try await run(tool, arguments)
        if code != 0 {
            throw VirtualNetworkError.failed("\(tool) \(arguments.joined(separator: " "))", output: output)
        }
        return output
    }

    @discardableResult
    package func require(_ tool: String, _ arguments: String...) async throws -> String {
        try await require(tool, arguments)
    }

    /// Starts a program on this host, which ends with the network at the latest.
    package func start(_ tool: String, _ arguments: [String]) throws -> ChildProcess {
        let process = try ChildProcess("ip", try words(tool, arguments))
        network.keep(process)
        return process
    }

    /// Feeds nft with commands.
    package func nft(_ commands: String, in folder: TemporaryFolder) async throws {
        try await require("nft", "-f", try folder.write("\(UUID().uuidString).nft", commands))
    }

    /// A program that runs `tool` on this host, for what is given the path of a program.
    package func wrapper(for tool: String, in folder: TemporaryFolder) throws -> String {
        let command = try words(tool, []).map { "'\($0)'" }.joined(separator: " ")
        let path = try folder.write(
            "\(tool)-\(namespace)", "#!/bin/sh\nexec '\(try findTool("ip"))' \(command) \"$@\"\n")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        return path
    }
}
