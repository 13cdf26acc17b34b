/** What stands around the matrices: guide lines, arrows and the shadow, and the order in which all is drawn. */
import type { Scene } from "three";
import type { Look, Member, Page } from "../format.ts";
import { add, type Vec, type View } from "./camera.ts";
import type { Contents } from "./contents.ts";
import { arrowOf, guidesOf, shadowMark, type Mark } from "./marks.ts";
import { backToFront } from "./order.ts";
import { cast, rectangles } from "./shadow.ts";
import type { Shot, Tile } from "./tiles.ts";

export class Scenery {
  private readonly guides: { mark: Mark; tile: () => Tile | null }[] = [];
  private readonly arrows: { member: number; path: string; vanes: Mark[] }[] = [];
  private shadow: Mark | null = null;

  constructor(private readonly page: Page, private readonly contents: readonly Contents[],
    private readonly scene: Scene) {
    page.members.forEach((member, number) => this.add(member, number));
    for (const { mesh } of this.marks) scene.add(mesh);
  }

  /** Have all look as it should. */
  dress(look: Look): void {
    if (look.shadow && !this.shadow) {
      this.shadow = shadowMark(cast(rectangles(this.page)));
      this.scene.add(this.shadow.mesh);
    }
    for (const mark of this.marks) mark.setLook(look);
    this.shadow?.setLook(look);
  }

  /** Show the arrows of those matmuls only that `are` to have one. */
  showArrows(are: (member: number, path: string) => boolean): void {
    for (const { member, path, vanes } of this.arrows) for (const { mesh } of vanes) mesh.visible = are(member, path);
  }

  /** Ready for a frame, the matrices too: the farthest is drawn first. */
  set(shot: Shot, view: View, look: Look, width: number, height: number): void {
    const eye = view.parallel ? view.towards : view.position;
    const vanes = this.arrows.flatMap(arrow => arrow.vanes.filter(({ mesh }) => mesh.visible));
    const things: (Tile | Mark)[] = [...this.contents.flatMap(({ tiles }) => tiles), ...vanes];
    backToFront(things.map(({ box }) => box), eye, view.parallel).forEach((index, order) => {
      things[index]!.set(shot, 3 * order + 2, width, height);
    });
    // lines lie in the plane of their matrix: before what is flat, behind what has depth of its own
    for (const { mark, tile: of } of this.guides) {
      const tile = of();
      if (tile) mark.set(shot, tile.order + (tile.isSmall(shot) ? -1 : 1), width, height);
    }
    if (!this.shadow) return;
    this.shadow.set(shot, 0, width, height);
    this.shadow.mesh.visible = look.shadow > 0 && eye[1] > (view.parallel ? 0 : this.shadow.box.low[1]);
  }

  private get marks(): Mark[] {
    return [...this.guides.map(({ mark }) => mark), ...this.arrows.flatMap(({ vanes }) => vanes)];
  }

  private add(member: Member, number: number): void {
    const { scale, offset } = member, contents = this.contents[number]!;
    const place = (p: Vec): Vec => add(offset as Vec, p, scale);
    for (const matrix of member.matrices) {
      const mark = guidesOf(matrix, contents.framed(matrix.frame));
      if (mark) this.guides.push({ mark, tile: () => contents.things.get(matrix.path)?.tile ?? null });
      this.arrows.push({ member: number, path: matrix.path, vanes: arrowOf(matrix, place) });
    }
  }
}
