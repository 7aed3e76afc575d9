@testable import Checks
import Foundation
import Glibc
import NIOPosix
import Testing

/// Makes a check from arguments that are right.
func check(_ method: String, _ arguments: [String: String]) throws -> any Check {
    try CheckMethod.make(method: method, arguments: CheckArguments(arguments))
}

/// Makes a check and probes once.
func probe(
    _ method: String, _ arguments: [String: String], timeout: Duration = .seconds(60)
) async throws -> ProbeResult {
    try await check(method, arguments).probe(timeout: timeout, on: MultiThreadedEventLoopGroup.singleton)
}

/// What a probe says that is to say `reason`, whose `TIME` stands for its timeout.
///
/// Such a probe's time is to run out at a certain place, so that it is short. A busy machine may not have come to that
/// place by then: it is asked again with more time. Any other reason needs no timeout, and gets one that never matters.
func outcome(of reason: String, _ probe: (_ timeout: Duration) async throws -> ProbeResult) async throws
    -> (result: ProbeResult, said: String)
{
    guard reason.contains("TIME") else {
        let result = try await probe(.seconds(60))
        return (result, result.reason)
    }
    var outcome: (result: ProbeResult, said: String)?
    for timeout in [.milliseconds(300), .seconds(2), .seconds(10)] as [Duration] {
        let result = try await probe(timeout)
        #expect(result.phases.total < timeout + .seconds(30), "the server would never end it")
        outcome = (result, result.reason.replacing(inWords(timeout), with: "TIME"))
        if outcome?.said == reason { break }
    }
    return try #require(outcome)
}

/// The errors that a check's arguments give, one line each.
func errors(_ method: String, _ arguments: [String: String]) -> [String] {
    do {
        _ = try check(method, arguments)
        return []
    } catch let error as CheckArgumentErrors {
        return error.errors.map(\.description)
    } catch {
        return ["\(error)"]
    }
}

/// The file descriptors that this process has open on connections to that port. Other tests run beside this one, so
/// counting all descriptors would count theirs.
func descriptors(connectedTo port: Int) throws -> Int {
    let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap { Int32($0) }
    return open.count { peerPort(of: $0) == port }
}

/// The port at the other end of a connected IPv4 or IPv6 socket; it stands behind the family, high octet first.
private func peerPort(of descriptor: Int32) -> Int? {
    var name = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let code = withUnsafeMutableBytes(of: &name) { bytes in
        getpeername(descriptor, bytes.assumingMemoryBound(to: sockaddr.self).baseAddress, &length)
    }
    guard code == 0, name.ss_family == sa_family_t(AF_INET) || name.ss_family == sa_family_t(AF_INET6) else {
        return nil
    }
    return withUnsafeBytes(of: &name) { Int($0[2]) << 8 | Int($0[3]) }
}
