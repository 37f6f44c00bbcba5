import FleetModel
import Health
import HealthControl
import Store

extension Driver {
    /// Before anything follows from the time: what could not be heard until now is nobody's
    /// silence.
    func listen() {
        let time = now
        let before = hearing.deafSince
        let span = hearing.listen(at: time)
        if span > .zero { take(.engine(.deaf(span))) }
        guard (before == nil) != (hearing.deafSince == nil) else { return }
        showsHealth = true
        let text =
            before.map {
                "agents are heard in time again, for the first time in "
                    + "\((time - $0).wholeSeconds) s"
            } ?? "agents are not heard in time: until they are, nobody's silence counts"
        tell(EventRow(kind: "health", at: time, text: text))
    }

    /// At a start, or once the storage takes something again: since the last input nobody was
    /// heard.
    func excuseOutage() {
        now = max(now, clock.now())
        let span = now - desk.engine.clock.wall
        guard span > .zero, desk.engine.nodes.contains(where: { $0?.lastHeard != nil }) else {
            return
        }
        take(.engine(.deaf(span)))
    }

    /// Begins to listen: who was heard before is expected to be heard again.
    func beginToListen() {
        let known = desk.engine.nodes.compactMap { $0?.lastHeard == nil ? nil : $0?.id }
        hearing = Hearing(at: clock.now(), heard: known, pace: clock.speed)
    }
}
