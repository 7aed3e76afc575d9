import Foundation
import Synchronization

/// A TCP and UDP port of 127.0.0.1 (or another loopback address) that is free and that no other call gives, here or in
/// tests that run beside these.
///
/// It is below the range from which the system gives ports to clients: dig shares ports (SO_REUSEPORT), and one that
/// was given the server's own port would talk to itself.
package func freePort(on address: String = "127.0.0.1") throws -> Int {
    let block = try PortBlock.ours.get()
    for _ in 0..<PortBlock.size {
        let wanted = block.next()
        let tcp = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let udp = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        defer {
            close(tcp)
            close(udp)
        }
        guard bind(tcp, address, port: wanted), bind(udp, address, port: wanted) else {
            continue
        }
        return Int(wanted)
    }
    throw SupportError.noFreePort(address)
}

/// Ports that only this process gives away: whoever else runs these tests has another block.
private final class PortBlock: Sendable {
    static let size = 500
    static let ours = Result { try PortBlock() }

    private let first: Int
    private let given = Atomic(0)

    /// Takes the first block that nobody holds; the lock ends with the process.
    private init() throws {
        for block in 0..<44 {
            let path = "/tmp/ninelives-ports-\(block)"
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
            if descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) == 0 {
                first = 10_000 + block * Self.size
                return
            }
            if descriptor >= 0 { close(descriptor) }
        }
        throw SupportError.noFreePort("127.0.0.1")
    }

    /// The next one, round and round, so that none comes again soon.
    func next() -> UInt16 { UInt16(first + given.add(1, ordering: .relaxed).oldValue % Self.size) }
}

package enum SupportError: Error {
    case noFreePort(String)
    case noSuchTool(String)
    case notStarted(String, String)
    case timedOut(waitingFor: String)
}

private func bind(_ descriptor: Int32, _ address: String, port: UInt16) -> Bool {
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_port = port.bigEndian
    guard inet_pton(AF_INET, address, &name.sin_addr) == 1 else { return false }
    return withUnsafePointer(to: &name) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            Foundation.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
    }
}

/// Polls until `condition` holds; the interval is short and the whole bounded.
///
/// The bound is there for what never comes: a slow machine's time is well within it, and whatever comes is not waited
/// for any longer.
package func eventually(
    _ what: String, within limit: Duration = .seconds(60), _ condition: () async throws -> Bool
) async throws {
    let clock = ContinuousClock()
    let end = clock.now + limit
    while clock.now < end {
        if try await condition() { return }
        try await clock.sleep(for: .milliseconds(5))
    }
    throw SupportError.timedOut(waitingFor: what)
}

/// A folder of its own for one test; gone with `remove()`.
package struct TemporaryFolder: Sendable {
    package let path: String

    package init() throws {
        path = NSTemporaryDirectory() + "ninelives-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    /// Writes a file and returns its path.
    @discardableResult
    package func write(_ name: String, _ text: String) throws -> String {
        let file = path + "/" + name
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        return file
    }

    package func remove() { try? FileManager.default.removeItem(atPath: path) }
}
