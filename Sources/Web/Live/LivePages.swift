import Control
import NIOCore

/// All pages that are open.
///
///     Control.changes() ─► one look at everything ─► each room ─► everybody in it
///
/// One look serves all of them, however many are open; while none is, nobody looks.
actor LivePages {
    /// Between two looks.
    private static let pause = Duration.milliseconds(25)

    private var rooms: [LiveRoom.Key: LiveRoom] = [:]
    private var newest: UInt64 = 0
    /// While there are rooms.
    private var lookout: (tasks: [Task<Void, Never>], wish: AsyncStream<Void>.Continuation)?

    /// What an open page is to be sent; at first the whole of it.
    func enter(_ visit: Visit, site: Site) -> AsyncStream<ByteBuffer> {
        let key = LiveRoom.Key(visit)
        let room = rooms[key] ?? open(key, visit, site)
        newest += 1
        let id = newest
        let messages = room.enter(id) { [weak self] in Task { await self?.leave(id, key) } }
        // Also where nothing changes: somebody has come.
        lookout?.wish.yield()
        return messages
    }

    private func open(_ key: LiveRoom.Key, _ visit: Visit, _ site: Site) -> LiveRoom {
        let room = LiveRoom(visit, site: site)
        rooms[key] = room
        Task { await room.run() }
        if lookout == nil { look(at: site.control) }
        return room
    }

    private func leave(_ id: UInt64, _ key: LiveRoom.Key) {
        guard let room = rooms[key] else { return }
        room.leave(id)
        guard room.isEmpty else { return }
        room.close()
        rooms[key] = nil
        if rooms.isEmpty { close() }
    }

    /// Sends everybody away, and looks no more.
    private func close() {
        for room in rooms.values { room.close() }
        rooms = [:]
        for task in lookout?.tasks ?? [] { task.cancel() }
        lookout = nil
    }

    private func look(at control: any ControlInterface) {
        let (wishes, wish) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let hearing = Task {
            for await _ in await control.changes() { wish.yield() }
            wish.finish()
        }
        let looking = Task { [weak self] in
            var before: SharedModel?
            for await _ in wishes {
                let model = SharedModel(await control.readModel(), after: before)
                before = model
                await self?.show(model)
                try? await Task.sleep(for: Self.pause)
            }
            // Nothing will change any more: another life has begun, or the server stops.
            if !Task.isCancelled { await self?.close() }
        }
        lookout = ([hearing, looking], wish)
    }

    private func show(_ model: SharedModel) {
        for room in rooms.values { room.show(model) }
    }
}
