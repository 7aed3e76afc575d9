import Glibc
import NIOCore

/// One probe's way: connect, say, hear, close.
extension ProbeLoop {
    /// Reads of one probe before the others get their turn.
    private static let readsAtOnce = 8

    /// Starts a probe, or queues it while a limit is reached.
    func begin(_ place: Int, due: Int64) {
        let host = targets[place].host
        if hosts[Int(host)] >= limits.perHost {
            queues[host, default: []].append(Waiting(place: place, due: due))
        } else if isFull {
            crowded.append(Waiting(place: place, due: due))
        } else {
            launch(place, due: due)
        }
    }

    /// Whether probes and idle connections take all the room there is.
    private var isFull: Bool { flights.count - freeFlights.count + wiresHeld >= limits.inAll }

    private func launch(_ place: Int, due: Int64) {
        let start = monotonicNow()
        counts.begin(lateBy: start - due)
        let index = makeFlight(place, at: start)
        flights[Int(index)].talk = targets[place].check.talk()
        hosts[Int(targets[place].host)] += 1
        targets[place].underWay += 1
        targets[place].startedAt = start
        let generation = flights[Int(index)].generation
        switch PlainSocket.open(targets[place].peer) {
        case .failed(let error): return fail(index, error)
        case .underWay(let socket):
            flights[Int(index)].socket = socket
            watch(socket.descriptor, Ready.speaking, .flight, index, generation)
        case .open(let socket):
            flights[Int(index)].socket = socket
            connected(index, isWatched: false)
            guard flights[Int(index)].generation == generation, flights[Int(index)].talk != nil else { return }
            let interest = flights[Int(index)].unsent == nil ? Ready.hearing : Ready.speaking
            watch(socket.descriptor, interest, .flight, index, generation)
        }
        let (timeout, patience) = (targets[place].timeout, targets[place].patience)
        queue.insert(DueQueue.Entry(due: start + timeout, index: index, generation: generation, kind: .timeout))
        if patience < timeout {
            queue.insert(DueQueue.Entry(due: start + patience, index: index, generation: generation, kind: .quiet))
        }
    }

    private func makeFlight(_ place: Int, at start: Int64) -> UInt32 {
        if let index = freeFlights.popLast() {
            let generation = (flights[Int(index)].generation &+ 1) & 0x3FFF_FFFF
            flights[Int(index)] = Flight(place: place, generation: generation, startedAt: start)
            return index
        }
        flights.append(Flight(place: place, generation: 0, startedAt: start))
        return UInt32(flights.count - 1)
    }

    // MARK: On the way

    func advance(_ index: UInt32, _ generation: UInt32, _ events: UInt32) {
        let flight = flights[Int(index)]
        guard flight.generation == generation, flight.talk != nil, let socket = flight.socket else { return }
        if flight.connectedAt == 0 {
            let error = events & Ready.ended == 0 ? 0 : socket.connectError
            if error != 0 { return fail(index, error) }
            guard events & Ready.writable != 0 else { return }
            connected(index, isWatched: true)
        } else if flight.unsent != nil, events & Ready.writable != 0 {
            sendRest(index, isWatched: true)
        }
        guard flights[Int(index)].generation == generation, flights[Int(index)].talk != nil else { return }
        if events & (Ready.readable | Ready.ended) != 0 {
            read(index, generation, socket)
        }
    }

    private func connected(_ index: UInt32, isWatched: Bool) {
        flights[Int(index)].connectedAt = monotonicNow()
        guard let move = flights[Int(index)].talk?.opened() else { return }
        perform(move, index, isWatched: isWatched)
        // With something sent, it is watched for what comes already.
        if isWatched, case .listen = move, let socket = flights[Int(index)].socket {
            watch(socket.descriptor, Ready.hearing, .flight, index, flights[Int(index)].generation, again: true)
        }
    }

    private func perform(_ move: Move<Verdict>, _ index: UInt32, isWatched: Bool) {
        switch move {
        case .listen: break
        case .send(let bytes):
            flights[Int(index)].unsent = bytes
            sendRest(index, isWatched: isWatched)
        case .finish(let verdict): finish(index, verdict)
        case .secure, .sendThenSecure: preconditionFailure("a plain probe begins no TLS")
        }
    }

    private func sendRest(_ index: UInt32, isWatched: Bool) {
        guard var bytes = flights[Int(index)].unsent, let socket = flights[Int(index)].socket else { return }
        guard let sent = bytes.withUnsafeReadableBytes({ socket.send($0) }) else {
            // What the server said before it went may still be there to be read.
            flights[Int(index)].unsent = nil
            return
        }
        bytes.moveReaderIndex(forwardBy: sent)
        flights[Int(index)].unsent = bytes.readableBytes == 0 ? nil : bytes
        if isWatched {
            let interest = bytes.readableBytes == 0 ? Ready.hearing : Ready.speaking
            watch(socket.descriptor, interest, .flight, index, flights[Int(index)].generation, again: true)
        }
    }

    private func read(_ index: UInt32, _ generation: UInt32, _ socket: PlainSocket) {
        for _ in 0..<Self.readsAtOnce {
            guard flights[Int(index)].generation == generation, let talk = flights[Int(index)].talk else { return }
            switch socket.read(into: buffer) {
            case .nothingYet: return
            case .ended(let ending): return finish(index, talk.ended(ending))
            case .bytes(let count):
                if flights[Int(index)].firstByteAt == 0 { flights[Int(index)].firstByteAt = monotonicNow() }
                let move = talk.received(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                perform(move, index, isWatched: true)
                if count < buffer.count { return }
            }
        }
    }

    // MARK: The end

    private func fail(_ index: UInt32, _ error: Int32) {
        finish(index, .err(inWords(connecting: IOError(errnoCode: error, reason: "connect"))))
    }

    func finish(_ index: UInt32, _ verdict: Verdict) {
        let flight = flights[Int(index)]
        let end = monotonicNow()
        var phases = ProbePhases()
        phases.total = .nanoseconds(end - flight.startedAt)
        if flight.connectedAt > 0 { phases.connect = .nanoseconds(flight.connectedAt - flight.startedAt) }
        if flight.firstByteAt > 0 { phases.firstByte = .nanoseconds(flight.firstByteAt - flight.connectedAt) }
        release(index)
        if !verdict.isSuccess { counts.failed += 1 }
        tell(
            .ended(ProbeResult(isSuccess: verdict.isSuccess, reason: verdict.reason, phases: phases)),
            of: flight.place, isUrgent: !verdict.isSuccess)
        if verdict.isSuccess { holdWire(flight.place) } else { dropWire(flight.place) }
        let host = targets[flight.place].host
        if !crowded.isEmpty || queues[host] != nil { roomy.append(host) }
    }

    func release(_ index: UInt32) {
        let flight = flights[Int(index)]
        flight.socket?.close()
        flights[Int(index)].socket = nil
        flights[Int(index)].talk = nil
        flights[Int(index)].unsent = nil
        freeFlights.append(index)
        targets[flight.place].underWay -= 1
        hosts[Int(targets[flight.place].host)] -= 1
    }

    /// For each probe that has ended, one that waits for its host or for room at all may start.
    func letWaitingIn() {
        while let host = roomy.popLast() {
            if let next = crowded.popFirst() { begin(next.place, due: next.due) }
            guard hosts[Int(host)] < limits.perHost, let next = queues[host]?.popFirst() else { continue }
            if queues[host]?.isEmpty == true { queues[host] = nil }
            begin(next.place, due: next.due)
        }
    }

    // MARK: Idle connections

    /// Opens the target's idle connection, if one is wanted and there is none.
    private func holdWire(_ place: Int) {
        guard case .wanted = targets[place].wire, !isFull else { return }
        switch PlainSocket.open(targets[place].peer) {
        case .failed: break  // the next success tries again
        case .underWay(let socket), .open(let socket):
            wiresHeld += 1
            wires = (wires &+ 1) & 0x3FFF_FFFF
            targets[place].wire = .held(socket, generation: wires)
            watch(socket.descriptor, Ready.hearing, .wire, UInt32(place), wires)
        }
    }

    /// Closes the target's idle connection; true if there was one.
    @discardableResult
    func dropWire(_ place: Int) -> Bool {
        guard case .held(let socket, _) = targets[place].wire else { return false }
        socket.close()
        wiresHeld -= 1
        targets[place].wire = .wanted
        return true
    }

    func wireEvent(_ place: Int, _ generation: UInt32, _ events: UInt32) {
        // An event may have been fetched before its target was dropped.
        guard place < targets.count, case .held(let socket, generation) = targets[place].wire else { return }
        let isOver = events & Ready.ended != 0
        if !isOver {
            // A greeting: read and forgotten.
            if case .ended = socket.read(into: buffer) {} else { return }
        }
        dropWire(place)
        tell(.tripped, of: place, isUrgent: true)
    }
}
