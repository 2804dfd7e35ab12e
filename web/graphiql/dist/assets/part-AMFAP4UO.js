import{Fj as a,Gj as b,Hj as c,Ij as d}from"./part-FDE5VFMW.js";import"./part-PTLQGHHL.js";export{c as HitTestContext,b as MouseTarget,d as MouseTargetFactory,a as PointerHandlerLastRenderData};
