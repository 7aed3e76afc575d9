import Addresses
import DNS
import Synchronization
import TestSupport
import Testing

@testable import DNSServer

/// The `generation`th answer of a name: as many addresses as says their second octet, each with the generation in it,
/// so that a mixture of two answers gives itself away.
private func answer(_ generation: Int) -> DynamicAnswer {
    let count = generation % 20 + 1
    let addresses = (0..<count).map { index in
        IPv4Address(bits: 10 << 24 | UInt32(generation & 0xFF) << 16 | UInt32(count) << 8 | UInt32(index))
    }
    return DynamicAnswer(.addresses(v4: addresses, v6: []))
}

/// Whether a reply holds one whole answer and nothing of another.
private func isWhole(_ reply: [UInt8], questionLength: Int) -> Bool {
    guard let header = Header(reply), header.code == 0, !header.isTruncated, header.answers > 0 else { return false }
    return (0..<header.answers).allSatisfy { index in
        let address = reply[(12 + questionLength + 16 * index + 12)...].prefix(4)
        return Array(address.dropFirst(2)) == [UInt8(header.answers), UInt8(index)]
            && address.dropFirst().first == reply[12 + questionLength + 13]
    }
}

@Suite struct ChangeTests {
    @Test func `while answers are published, every reply is one whole answer`() async throws {
        let snapshot = try kittenSnapshot()
        try await withServer(workers: 2, snapshot: snapshot) { server, listening in
            server.publish("cat.example.test.", answer(0))
            let done = Atomic(false)
            async let published: Int = {
                var generation = 0
                while !done.load(ordering: .relaxed) {
                    generation += 1
                    // Every now and then all zones are replaced too.
                    if generation % 50 == 0 { server.replace(try kittenSnapshot()) }
                    server.publish("cat.example.test.", answer(generation))
                    if generation % 20 == 0 { await Task.yield() }
                }
                return generation
            }()
            let clients = try (0..<4).map { _ in try Client(udp: listening[0]) }
            let message = query("cat.example.test.")
            var seen: Set<Int> = []
            for round in 0..<20_000 {
                let reply = try clients[round % 4].ask(message)
                #expect(isWhole(reply, questionLength: message.count - 12), "\(reply)")
                seen.insert(reply.count)
            }
            done.store(true, ordering: .relaxed)
            let generations = try await published
            #expect(generations > 100)
            #expect(seen.count > 5, "the answers have changed meanwhile")
        }
    }

    @Test func `a publish is in force when it returns, and tells the serial number`() async throws {
        try await withServer { server, listening in
            let client = try Client(udp: listening[0])
            var times: [Duration] = []
            for generation in 1...200 {
                let publication = try #require(server.publish("CAT.example.test.", answer(generation)))
                #expect(publication.serial == 7 + UInt32(generation))
                times.append(publication.took)
                let reply = try client.ask(query("cat.example.test."))
                #expect(Header(reply)?.answers == generation % 20 + 1)
            }
            #expect(times.sorted()[100] < .milliseconds(100), "most of them: a busy machine takes its breaks")
            #expect(server.serial(ofZone: "example.test.") == 207)
            #expect(server.publish("dog.example.test.", answer(1)) == nil)
        }
    }

    @Test func `replaced zones answer at once, keep what was published and count forward`() async throws {
        try await withServer { server, listening in
            let client = try Client(udp: listening[0])
            server.publish("cat.example.test.", answer(3))
            server.replace(try kittenSnapshot(["dog.example.test.", "cat.example.test."], serial: 1))
            #expect(Header(try client.ask(query("cat.example.test.")))?.answers == 4)
            #expect(Header(try client.ask(query("dog.example.test.")))?.code == 2)
            #expect(server.serial(ofZone: "example.test.") == 9)
            #expect(server.raiseSerial(ofZone: "example.test.", toAtLeast: 2000) == 2000)
            server.replace(try kittenSnapshot([], serial: 1))
            #expect(Header(try client.ask(query("cat.example.test.")))?.code == 3)
            #expect(server.serial(ofZone: "example.test.") == 2001)
        }
    }
}

@Suite struct EpochsTests {
    @Test func `what a reader may hold is not free until it has left`() {
        let epochs = Epochs(readers: 2)
        let (early, late) = (epochs.reader(0), epochs.reader(1))
        early.enter()
        let retired = epochs.retire()
        #expect(!epochs.hasPassed(retired))
        late.enter()
        early.leave()
        // The other one came after and cannot have found it.
        #expect(epochs.hasPassed(retired))
        let next = epochs.retire()
        #expect(!epochs.hasPassed(next))
        late.leave()
        #expect(epochs.hasPassed(next))
    }

    @Test func `what was retired waits for a reader that is inside, and no longer`() throws {
        let state = ServingState(try kittenSnapshot(), options: .none, readers: 1)
        let reader = state.epochs.reader(0)
        _ = state.publish("cat.example.test.", answer(0))
        #expect(state.retiredCount == 0)
        reader.enter()
        for generation in 1...10 { _ = state.publish("cat.example.test.", answer(generation)) }
        state.replace(try kittenSnapshot())
        #expect(state.retiredCount == 11)
        reader.leave()
        _ = state.publish("cat.example.test.", answer(11))
        #expect(state.retiredCount == 0)
    }
}
