// A page as Jitsi's are, as far as rtcstats goes: the package itself wraps WebRTC and holds the socket. Tests bundle it and tell it what to do.
import wrap from '@jitsi/rtcstats/rtcstats';
import makeTrace from '@jitsi/rtcstats/trace-ws';

let trace;
let peer;

/** Wraps WebRTC and connects, as lib-jitsi-meet does when a conference was joined. */
window.begin = (endpoint, meeting, identity) => {
    window.closes = [];
    trace = makeTrace({ endpoint, meetingFqn: meeting, onCloseCallback: event => window.closes.push(event.code), pingInterval: 1000 });
    wrap({ statsEntry: (...entry) => trace.statsEntry(...entry) }, { pollInterval: 1000, useLegacy: false, sendSdp: false });
    trace.connect(false);
    trace.identity('identity', null, identity);
};

window.isConnected = () => trace.isConnected();
window.say = (type, value) => trace.statsEntry(type, null, value);

/** Camera and microphone into a peer connection. */
window.prepare = async () => {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 640, height: 360, frameRate: 15 } });
    peer = new RTCPeerConnection({ iceServers: [] }, { optional: [{ rtcStatsSFUP2P: true }] });
    stream.getTracks().forEach(track => peer.addTrack(track, stream));
    peer.addEventListener('track', event => {
        const video = document.createElement('video');
        Object.assign(video, { autoplay: true, muted: true, srcObject: event.streams[0] });
        document.body.append(video);
    });
};

const described = async () => {
    while (peer.iceGatheringState !== 'complete') {
        await new Promise(resolve => setTimeout(resolve, 20));
    }
    return { type: peer.localDescription.type, sdp: peer.localDescription.sdp };
};

window.offer = async () => {
    await peer.setLocalDescription(await peer.createOffer());
    return described();
};

window.answer = async offer => {
    await peer.setRemoteDescription(offer);
    await peer.setLocalDescription(await peer.createAnswer());
    return described();
};

window.accept = answer => peer.setRemoteDescription(answer);
window.state = () => peer.connectionState;

window.leave = () => {
    peer.close();
    trace.close();
};
